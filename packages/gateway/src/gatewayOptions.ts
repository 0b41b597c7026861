/** What a gateway needs to know. Only `apiKey` is required. */
export interface GatewayOptions {
  /** The platform's secret API key. It is added to upstream requests and goes nowhere else. */
  apiKey: string;
  /** Base URL of the API. @default `https://api.miosa.ai/api/v1` */
  upstream?: string;
  /** Path that the gateway is mounted under; everything outside it is a 404. @default "/api/miosa" */
  basePath?: string;
  /**
   * Origins besides the gateway's own whose pages may call it, such as `https://dashboard.example.com`.
   * They get CORS headers without credentials. @default []
   */
  origins?: readonly string[];
  /**
   * Values of `Host` that are answered, port included. For servers on a developer's machine, which any web page
   * can reach by DNS rebinding. @default every host
   */
  hosts?: readonly string[];
  /** Called once an answer's headers are known, for logs and metrics. It never sees a secret. */
  onRequest?: (record: GatewayRecord) => void;
  /** Used for upstream requests. @default the global fetch */
  fetch?: typeof fetch;
}

/** One answered request, as `onRequest` sees it. */
export interface GatewayRecord {
  requestId: string;
  method: string;
  /** The matched route's pattern, such as `/computers/:id`; undefined when none matched. */
  route: string | undefined;
  status: number;
  /** Time until the answer's headers were known, in milliseconds. */
  durationMs: number;
  /** What went wrong inside the gateway or upstream, for the platform's own log. Never sent to the browser. */
  cause?: unknown;
}

/** What a server adapter knows about a request besides the `Request` itself. */
export interface GatewayContext {
  /** Aborts when the browser has gone. A signal inside a `Request` is lost on Node after a garbage collection. */
  signal?: AbortSignal;
}

/** Answers one request of a browser. Never rejects. */
export type Gateway = (request: Request, context?: GatewayContext) => Promise<Response>;
