/** The folder that the panel opens and does not leave. */
export const workspace = "/workspace";

/** One step of a path, with the path to it. */
export interface Crumb {
  name: string;
  path: string;
}

/** The way from the workspace to a path, both included. */
export function crumbsOf(path: string): Crumb[] {
  const names = path.slice(workspace.length).split("/").filter((name) => name !== "");
  return [
    { name: workspace.slice(1), path: workspace },
    ...names.map((name, index) => ({ name, path: [workspace, ...names.slice(0, index + 1)].join("/") })),
  ];
}

/** The folder that a path stands in, and its last name. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf("/");
  return { folder: path.slice(0, at), name: path.slice(at + 1) };
}
