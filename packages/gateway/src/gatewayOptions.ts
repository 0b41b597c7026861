import type { RoutePermission } from "@miosa/protocol";
import type { EventFeed } from "./feed/eventFeed.js";
import type { GatewayLimits } from "./limits.js";
import type { GatewaySession } from "./session.js";

/** What a gateway needs to know. */
export interface GatewayOptions {
  /** The platform's secret API key. It is added to upstream requests and goes nowhere else. Undefined and empty throw. */
  apiKey: string | undefined;
  /**
   * The platform's own check of who is asking: reads its session cookie, or a token, and says which customer the user
   * belongs to and what they may do. Null refuses with 401. It must not read the request's body.
   */
  authorize: Authorize;
  /** Base URL of the API. @default `https://api.miosa.ai/api/v1` */
  upstream?: string | undefined;
  /** Path that the gateway is mounted under; everything outside it is a 404. @default "/api/miosa" */
  basePath?: string;
  /** The most that any session may do here, whatever `authorize` grants. @default all five permissions */
  can?: readonly RoutePermission[];
  /**
   * Origins besides the gateway's own whose pages may call it, such as `https://dashboard.example.com`.
   * They get CORS headers without credentials, so they sign in with browser tokens. @default []
   */
  origins?: readonly string[];
  /**
   * Values of `Host` that are answered, port included. For servers on a developer's machine, which any web page
   * can reach by DNS rebinding. @default every host
   */
  hosts?: readonly string[];
  /** How much one tenant and one request may take. */
  limits?: GatewayLimits;
  /** Fields that a create may carry besides the built-in ones. They go to the API unchecked. @default [] */
  createFields?: readonly string[];
  /** The collection that ids of sandboxes are looked up in; the same as core's option. @default "computers" */
  sandboxApi?: "computers" | "sandboxes";
  /** Where the event feed comes from, if not from this process. See `createEventFeed`. */
  feed?: EventFeed;
  /**
   * Connects a permitted WebSocket, on platforms whose fetch handlers answer with 101. It must call the grant's `leave` once.
   * @default WebSockets are refused with 501, except through `toNodeUpgradeListener`
   */
  connectWebSocket?: (grant: UpgradeGrant) => Promise<Response>;
  /** Called once an answer's headers are known, for logs and metrics. It never sees a secret. */
  onRequest?: (record: GatewayRecord) => void;
  /** Called for each refusal, with the true reason. For the platform's own audit log; never sent to the browser. */
  onDeny?: (record: GatewayDenial) => void;
  /** Used for upstream requests. @default the global fetch */
  fetch?: typeof fetch;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** Says who is asking, or null for nobody. Rejecting refuses the request with a 500. */
export type Authorize = (request: Request) => Promise<GatewaySession | null> | GatewaySession | null;

/** One answered request, as `onRequest` sees it. */
export interface GatewayRecord {
  requestId: string;
  method: string;
  /** The matched route's pattern, such as `/computers/:id`; undefined when none matched. */
  route: string | undefined;
  status: number;
  /** Time until the answer's headers were known, in milliseconds. */
  durationMs: number;
  /** The customer, once the session is known. */
  externalWorkspaceId: string | undefined;
}

/** One refused request, as `onDeny` sees it. */
export interface GatewayDenial extends GatewayRecord {
  /** The code that the browser sees. */
  code: string;
  /** The true reason: it may say what the answer must not, so it belongs in the platform's log only. */
  reason: string;
  /** What went wrong inside the gateway or upstream, if anything did. */
  cause: unknown;
}

/** What a server adapter knows about a request besides the `Request` itself. */
export interface GatewayContext {
  /** Aborts when the browser has gone. A signal inside a `Request` is lost on Node after a garbage collection. */
  signal?: AbortSignal;
}

/** A permitted WebSocket: where to connect, and with what. It holds the API key, so it stays on the server. */
export interface UpgradeGrant {
  url: string;
  headers: Headers;
  /** When the connection must end, in milliseconds from now. */
  endsInMs: number;
  requestId: string;
  /** Gives the tenant's place back. Must be called once, when the connection has ended. */
  leave: () => void;
}

/** A gateway: a fetch handler. It answers one request of a browser, and rejects only with what `onRequest` or `onDeny` threw. */
export interface Gateway {
  (request: Request, context?: GatewayContext): Promise<Response>;
  /** Checks a WebSocket upgrade like any request. For servers that upgrade sockets themselves; see `toNodeUpgradeListener`. */
  upgrade(request: Request): Promise<UpgradeGrant | Response>;
  /** Closes the shared event feed and the browsers' streams on it. */
  close(): void;
}
