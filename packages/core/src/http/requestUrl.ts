import { invalidArgument, MiosaError } from "../errors.js";

/** Query parameters; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The URL of a path below the base URL. Throws `INVALID_ARGUMENT` when the base is no http(s) URL, nor a path in a page. */
export function requestUrl(baseUrl: string, path: string, query: Query = {}): string {
  const base: unknown = Reflect.get(globalThis, "location");
  const page = typeof base === "object" && base !== null && "href" in base ? String(base.href) : undefined;
  let url: URL;
  try {
    url = new URL(baseUrl + path, page);
  } catch (cause) {
    throw new MiosaError(`baseUrl must be an absolute http(s) URL outside a page.`, {
      code: "INVALID_ARGUMENT",
      cause,
    });
  }
  if (!/^https?:$/.test(url.protocol)) throw invalidArgument(`baseUrl must be an http(s) URL; its scheme is "${url.protocol}".`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url.href;
}
