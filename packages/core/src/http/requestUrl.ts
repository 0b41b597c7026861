import { invalidArgument } from "../errors.js";

/** Query parameters; undefined ones are left out, and a list repeats its name. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The URL of a path below the base URL, whose own query is kept. Throws `INVALID_ARGUMENT` when the base is no http(s) URL, nor a path in a page. */
export function requestUrl(baseUrl: string, path: string, query: Query = {}): string {
  const page = typeof location === "undefined" ? undefined : location.href;
  const root = baseUrl || "/";
  const url = URL.canParse(root, page) ? new URL(root, page) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username) {
    throw invalidArgument("baseUrl must be an absolute http(s) URL without credentials, or in a page a path.");
  }
  url.pathname = url.pathname.replace(/\/*$/, "") + path;
  url.hash = "";
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== undefined) url.searchParams.append(name, String(each));
  }
  return url.href;
}
