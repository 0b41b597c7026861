/** Options of `createMiosaClient`. Give `apiKey` on a server, `token` or a gateway `baseUrl` in a browser. */
export interface MiosaClientOptions {
  /** Secret key, `msk_…`. Server side only: throws in a page or worker. */
  apiKey?: string | undefined;
  /** A bearer token for the browser, or a function that fetches one; it is asked again once after a 401, one flight at a time. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Base of all routes; a path such as `/api/miosa` is resolved against the page, and a query is kept. @default "https://api.miosa.ai/api/v1" */
  baseUrl?: string | URL | undefined;
  /** `fetch` to use instead of the global one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Headers for every call. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Deadline of a call, retries and body included, in milliseconds. @default 30000 */
  timeoutMs?: number | undefined;
  /** How often a safe call is tried again. @default 2 */
  retries?: number | undefined;
  /** `WebSocket` for `exec.spawn` where the runtime has none: Node 20. That of the `ws` package fits. @default the global one */
  webSocket?: typeof globalThis.WebSocket | undefined;
  /** The collection that `create`, `list`, `get` and `delete` of sandboxes use: the spec's, or the native one. @default "computers" */
  sandboxApi?: "computers" | "sandboxes" | undefined;
  /** Called before each try. What it returns is sent as headers, such as a `traceparent`. An error thrown here fails the call. */
  onRequest?: ((request: RequestTrace) => Readonly<Record<string, string>> | void) | undefined;
  /** Called for each 2xx answer: of a call with its body read, of a stream with its headers. An error thrown here is what the call rejects with. */
  onResponse?: ((response: ResponseTrace) => void) | undefined;
  /** Called for each try that failed, also for one that will be repeated. An error thrown here takes the place of the failure. */
  onError?: ((failure: ErrorTrace) => void) | undefined;
  /** Accepts an `msk_` key in a page, where every visitor can read it. @default false */
  dangerouslyAllowApiKeyInBrowser?: boolean | undefined;
}

/**
 * One try of a call, for telemetry. It holds no credential, header, query or body. All hooks of one try get the same object,
 * which can thus be the key of a WeakMap.
 */
export interface RequestTrace {
  /** Method and path pattern, such as `GET /computers/:id`: a span's name. */
  route: string;
  method: string;
  /** Path below the base URL, ids included. */
  path: string;
  /** 1 for the first try. */
  attempt: number;
}

/** A try that succeeded. */
export interface ResponseTrace extends RequestTrace {
  status: number;
  /** The server's `x-request-id`. */
  requestId: string | undefined;
  /** From the request to the last byte, or to the headers of a stream, in milliseconds. */
  durationMs: number;
}

/** A try that failed. */
export interface ErrorTrace extends RequestTrace {
  /** A `MiosaError`, or the reason of the abort. */
  error: unknown;
  /** From the request to the failure, in milliseconds. */
  durationMs: number;
}
