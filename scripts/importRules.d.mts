/** A source file: its path relative to the root, and its text. */
export interface SourceFile {
  path: string;
  source: string;
}

/** What a source file imports: the specifier, and whether only types are taken. Type-position `import("x")` counts too. */
export function readImports(path: string, source: string): { specifier: string; typeOnly: boolean }[];

/** Every import that breaks a rule, as one line each. `manifests` maps a folder such as `packages/core` to its package.json. */
export function findViolations(
  files: readonly SourceFile[],
  manifests: Readonly<Record<string, { dependencies?: object; peerDependencies?: object }>>,
): string[];
