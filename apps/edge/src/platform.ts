/** The few things of Cloudflare's platform that this Worker uses, as far as it uses them. */

/** A binding that answers requests: static files, or one Durable Object. */
export interface Fetcher {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
}

/** The objects of one class. */
export interface DurableObjectNamespace {
  idFromName(name: string): DurableObjectId;
  get(id: DurableObjectId): Fetcher;
}

/** Names one object. */
export interface DurableObjectId {
  toString(): string;
}

/** What an object keeps for itself. */
export interface DurableObjectState {
  readonly storage: {
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
  };
}

/** A WebSocket of workerd, which says when it takes part. */
export interface EdgeWebSocket extends WebSocket {
  accept(): void;
}

/** Bindings, variables and secrets of the Worker. */
export interface Env {
  ASSETS: Fetcher;
  FEED: DurableObjectNamespace;
  /** Secret: the platform's API key. */
  MIOSA_API_KEY: string;
  /** Base URL of the API. */
  MIOSA_BASE_URL?: string;
  /** Secret: what browser tokens are signed with, at least 32 characters. */
  BROWSER_TOKEN_SECRET?: string;
  /** Name of the secret above, for rotation. */
  BROWSER_TOKEN_KID?: string;
  /** Whom browser tokens must be for. */
  BROWSER_TOKEN_AUDIENCE?: string;
  /** Origins of other pages that may use the gateway, separated by commas. */
  ALLOWED_ORIGINS?: string;
  /** For development only: the JSON of the session that everybody has. Never set it on a deployed Worker. */
  DEV_SESSION?: string;
}
