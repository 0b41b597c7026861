import { invalidArgument } from "../errors.js";

/** Query parameters; undefined ones are left out, and a list repeats its name. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The URL of a path below the base URL. Throws `INVALID_ARGUMENT` when the base is no http(s) URL, nor a path in a page. */
export function requestUrl(baseUrl: string, path: string, query: Query = {}): string {
  const base: unknown = Reflect.get(globalThis, "location");
  const page = typeof base === "object" && base !== null && "href" in base ? String(base.href) : undefined;
  const url = URL.canParse(baseUrl + path, page) ? new URL(baseUrl + path, page) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalidArgument("baseUrl must be an absolute http(s) URL, or in a page a path.");
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== undefined) url.searchParams.append(name, String(each));
  }
  return url.href;
}
