import type { Computer, CreateComputerInput, ListSandboxesFilter, Sandbox } from "./computers/types.js";
import type { MiosaEvent, StreamEventsOptions } from "./events/types.js";
import type { ExecResult, RunInput, RunOptions } from "./exec/types.js";
import type { CallOptions, MutationOptions } from "./options.js";
import type { Readiness, ReadinessSnapshot, WaitUntilReadyOptions, WatchReadinessOptions } from "./readiness/types.js";

/** Sandboxes: computers whose template is `miosa-sandbox`. Spec, module `Miosa.Sandboxes`. */
export interface Sandboxes {
  /** Creates a sandbox; it boots by itself. `POST /computers`. */
  create(input?: CreateComputerInput, options?: MutationOptions): Promise<Sandbox>;
  /** All sandboxes the credential can see, newest first, over all pages. `GET /computers`. */
  list(filter?: ListSandboxesFilter, options?: CallOptions): Promise<Sandbox[]>;
  /** One sandbox; an unknown id rejects with a 404 `ApiError`. `GET /computers/:id`. */
  get(id: string, options?: CallOptions): Promise<Sandbox>;
  /** Destroys a sandbox. `DELETE /computers/:id`. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** Asks once whether the sandbox is ready. `GET /sandboxes/:id/readiness`. */
  readiness(id: string, options?: CallOptions): Promise<Readiness>;
  /** Resolves true once ready, false on the server's `timeout` event or after `timeoutMs`. Rejects when the sandbox failed or may not be seen. */
  waitUntilReady(id: string, options?: WaitUntilReadyOptions): Promise<boolean>;
  /** Yields each new state until a final one; leaving the loop closes the connection. */
  watchReadiness(id: string, options?: WatchReadinessOptions): AsyncGenerator<ReadinessSnapshot, void, void>;
  /** The slug `"miosa-sandbox"`. */
  template(): string;
}

/** Computers of any template. Contract 6.3. */
export interface Computers {
  /** Starts a computer; harmless on one that is starting or running. `POST /computers/:id/start`. */
  start(id: string, options?: CallOptions): Promise<void>;
  /** Deletes a computer even while it runs. `DELETE /computers/:id?force=true`. */
  destroy(id: string, options?: CallOptions): Promise<void>;
}

/** Running commands. Contract 6.5. */
export interface Exec {
  /** Runs a shell command to its end. Never retried. `POST /computers/:id/exec`. */
  run(id: string, input: RunInput, options?: RunOptions): Promise<ExecResult>;
}

/** Lifecycle events. Contract 5. */
export interface Events {
  /**
   * Events of everything the credential can see, for as long as the loop runs: it reconnects by itself and resumes after the
   * last event. Throws the abort reason, or the typed error of a refusal that asking again cannot change. `GET /events/stream`.
   */
  stream(options?: StreamEventsOptions): AsyncGenerator<MiosaEvent, void, void>;
}

/** The client: namespaces of functions over one transport. */
export interface MiosaClient {
  readonly sandboxes: Sandboxes;
  readonly computers: Computers;
  readonly exec: Exec;
  readonly events: Events;
  /**
   * A digest that two clients have in common only if they talk to the same server with the same fixed credential, or with the
   * same `key` where the page names its user. Undefined when there is nothing to go by. Tabs share a live feed by it.
   */
  identity(key?: string): Promise<string | undefined>;
}

export type { Computer };
