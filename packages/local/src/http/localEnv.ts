import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Caller } from "../access/access.js";
import type { LogEntry } from "../requestLog.js";

/** What the server knows of a request while it answers. */
export interface LocalEnv {
  /** Node's own objects; absent when the app is called in memory. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    entry: LogEntry;
    tenantId: string;
    caller: Caller;
    /** The request's body, of at most the allowed size. */
    body: Uint8Array;
  };
}

export type LocalContext = Context<LocalEnv>;
