/** Options of `createMiosaClient`. Give `apiKey` on a server, `token` or a gateway `baseUrl` in a browser. */
export interface MiosaClientOptions {
  /** Secret key, `msk_…`. Server side only: throws in a page or worker. */
  apiKey?: string | undefined;
  /** A bearer token for the browser, or a function that fetches one; it is asked again once after a 401, one flight at a time. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Base of all routes; a path such as `/api/miosa` is resolved against the page. @default "https://api.miosa.ai/api/v1" */
  baseUrl?: string | undefined;
  /** `fetch` to use instead of the global one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Headers for every call. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Deadline of a call, retries and body included, in milliseconds. @default 30000 */
  timeoutMs?: number | undefined;
  /** How often a safe call is tried again. @default 2 */
  retries?: number | undefined;
  /** Accepts an `msk_` key in a page, where every visitor can read it. @default false */
  dangerouslyAllowApiKeyInBrowser?: boolean | undefined;
}
