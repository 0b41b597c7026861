import type { CreateComputerInput, EachOptions, ListSandboxesFilter, Sandbox } from "../computers/types.js";
import type { CallOptions, MutationOptions } from "../options.js";
import type { Readiness, ReadinessSnapshot, WaitUntilReadyOptions, WatchReadinessOptions } from "../readiness/types.js";

/** Attributes of a new sandbox. Those from `templateId` to `tags` exist with `sandboxApi: "sandboxes"` only. Contract 2.2 and 4.3. */
export interface CreateSandboxInput extends CreateComputerInput {
  /** Template of the native API. @default "miosa-sandbox" */
  templateId?: string | undefined;
  /** With `memoryMb` and `diskSizeMb`: the three together, equal to one size. */
  cpuCount?: number | undefined;
  memoryMb?: number | undefined;
  diskSizeMb?: number | undefined;
  /** Seconds of activity until it stops. @default the server's */
  timeoutSec?: number | undefined;
  /** Seconds of idleness until it stops. @default the server's */
  idleTimeoutSec?: number | undefined;
  /** Keeps its state when it stops, instead of being destroyed. @default the server's */
  persistent?: boolean | undefined;
  alwaysOn?: boolean | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  tags?: readonly string[] | undefined;
  region?: string | undefined;
  /** Command that runs when it starts. */
  entrypoint?: string | undefined;
  services?: readonly Record<string, unknown>[] | undefined;
  /** What must answer before it counts as ready, such as `{ type: "http", url: "http://127.0.0.1:3000" }`. */
  readinessProbe?: Record<string, unknown> | undefined;
  database?: boolean | Record<string, unknown> | undefined;
}

/** Options of `createReady`. */
export interface CreateReadyOptions extends WaitUntilReadyOptions {
  /** Deadline over creating and waiting together, in milliseconds. @default 60000 */
  timeoutMs?: number | undefined;
  /** Sent as `Idempotency-Key`; with it a create whose answer was lost is found again. @default a fresh UUID */
  idempotencyKey?: string | undefined;
  /** How long cleaning up may take after a failure, in milliseconds. @default 10000 */
  cleanupTimeoutMs?: number | undefined;
  /** Called when cleaning up failed too, so that a sandbox may be left. Its id is undefined when its create was never answered. */
  onOrphan?: ((orphan: { sandboxId: string | undefined; idempotencyKey: string; error: unknown }) => void) | undefined;
}

/** Changes to a sandbox; what is left out stays. Contract 4.4. */
export interface UpdateSandboxInput {
  name?: string | undefined;
  tags?: readonly string[] | undefined;
  metadata?: Record<string, unknown> | undefined;
  alwaysOn?: boolean | undefined;
  timeoutSec?: number | undefined;
  idleTimeoutSec?: number | undefined;
}

/** What a fork starts from and how long it lives. Contract 4.5. */
export interface ForkInput {
  snapshotId?: string | undefined;
  timeoutSec?: number | undefined;
  templateId?: string | undefined;
}

/** What one sandbox used. Null means not measured, not zero. Contract 4.6. */
export interface SandboxUsage {
  sandboxId: string;
  state: string | null;
  runtimeSec: number | null;
  provisionedVcpuMs: number | null;
  provisionedMemoryMbMs: number | null;
  estimatedCostCents: number | null;
  [member: string]: unknown;
}

/** An environment variable. The value of an encrypted one is withheld. Contract 4.14. */
export interface SandboxVariable {
  key: string;
  value?: string;
  encrypted: boolean;
}

/** A saved state of a sandbox. Contract 4.15. */
export interface SandboxSnapshot {
  id: string;
  /** `creating uploading ready failed`; the set is open. */
  status: string;
  comment: string | null;
  expiresAt: string | null;
  createdAt: string | null;
  [member: string]: unknown;
}

/** A port of a sandbox under a web address. Contract 4.12. */
export interface SandboxPreview {
  id: string;
  port: number | null;
  /** As the server gave it; never build one yourself. */
  url: string | null;
  [member: string]: unknown;
}

/** A preview's address for anyone who holds it. Contract 4.12. */
export interface PreviewShare {
  shareUrl: string | null;
  previewToken: string | null;
  [member: string]: unknown;
}

/** What the native resource offers beside create, list, get and delete. It works on any sandbox id. Contract 4. */
export interface SandboxActions {
  /** The sandbox of that name; none rejects with a 404 `ApiError`. `GET /sandboxes/by-name/:name`. */
  getByName(name: string, options?: CallOptions): Promise<Sandbox>;
  /** `PATCH /sandboxes/:id`. */
  update(id: string, changes: UpdateSandboxInput, options?: CallOptions): Promise<Sandbox>;
  /** Restarts the activity deadline, with a new length if given. `POST /sandboxes/:id/extend`. */
  extend(id: string, input?: { timeoutSec?: number | undefined }, options?: MutationOptions): Promise<Sandbox>;
  /** Stops it: a persistent one is paused, another destroyed. `POST /sandboxes/:id/stop`. */
  stop(id: string, options?: MutationOptions): Promise<Sandbox>;
  /** `POST /sandboxes/:id/pause`. */
  pause(id: string, options?: MutationOptions): Promise<Sandbox>;
  /** `POST /sandboxes/:id/resume`. */
  resume(id: string, options?: MutationOptions): Promise<Sandbox>;
  /** A new sandbox from this one, which goes on. `POST /sandboxes/:id/fork`. */
  fork(id: string, input?: ForkInput, options?: MutationOptions): Promise<Sandbox>;
  /** `GET /sandboxes/:id/usage`. */
  usage(id: string, options?: CallOptions): Promise<SandboxUsage>;
  /** Replaces all tags. `PATCH /sandboxes/:id/tags`. */
  setTags(id: string, tags: readonly string[], options?: CallOptions): Promise<void>;
  /** `GET /sandboxes/:id/env`. */
  listEnv(id: string, options?: CallOptions): Promise<SandboxVariable[]>;
  /** Sets the given variables; others stay. `PUT /sandboxes/:id/env`. */
  setEnv(id: string, variables: readonly { key: string; value: string; encrypted?: boolean }[], options?: CallOptions): Promise<void>;
  /** `DELETE /sandboxes/:id/env/:key`. */
  deleteEnv(id: string, key: string, options?: CallOptions): Promise<void>;
  /** `POST /sandboxes/:id/snapshots`. */
  createSnapshot(id: string, input?: { comment?: string; keep?: boolean }, options?: MutationOptions): Promise<SandboxSnapshot>;
  /** `GET /sandboxes/:id/snapshots`. */
  listSnapshots(id: string, options?: CallOptions): Promise<SandboxSnapshot[]>;
  /** A sandbox in the saved state; it may be a new one. `POST /sandboxes/:id/restore/:snapshot`. */
  restoreSnapshot(id: string, snapshotId: string, options?: MutationOptions): Promise<Sandbox>;
  /** `DELETE /sandboxes/:id/snapshots/:snapshot`. */
  deleteSnapshot(id: string, snapshotId: string, options?: CallOptions): Promise<void>;
  /** Gives a port a web address. `POST /sandboxes/:id/previews`. */
  createPreview(id: string, input: { port: number; visibility?: "public" | "private" }, options?: MutationOptions): Promise<SandboxPreview>;
  /** `GET /sandboxes/:id/previews`. */
  listPreviews(id: string, options?: CallOptions): Promise<SandboxPreview[]>;
  /** `DELETE /sandboxes/:id/previews/:preview`. */
  deletePreview(id: string, previewId: string, options?: CallOptions): Promise<void>;
  /** An address that opens a private preview, for `expiresInSec`. `POST /sandboxes/:id/previews/:preview/share`. */
  sharePreview(id: string, previewId: string, input?: { expiresInSec?: number }, options?: CallOptions): Promise<PreviewShare>;
  /** Makes every shared address of a preview invalid. `DELETE /sandboxes/:id/previews/:preview/share`. */
  unsharePreview(id: string, previewId: string, options?: CallOptions): Promise<void>;
}

/** Sandboxes: computers whose template is `miosa-sandbox`. Spec, module `Miosa.Sandboxes`. */
export interface Sandboxes extends SandboxActions {
  /** Creates a sandbox; it boots by itself. `POST /computers`. */
  create(input?: CreateSandboxInput, options?: MutationOptions): Promise<Sandbox>;
  /**
   * Creates a sandbox and waits until it is ready; resolves to it as it then is. Whatever goes wrong, it is destroyed again before
   * this rejects, also when the create's own answer was lost. Rejects as create and the wait do, with a TimeoutError at the
   * deadline, and with the signal's reason on abort; errors carry `sandboxId`.
   */
  createReady(input?: CreateSandboxInput, options?: CreateReadyOptions): Promise<Sandbox>;
  /** All sandboxes the credential can see, newest first, over all pages. `GET /computers`. */
  list(filter?: ListSandboxesFilter, options?: CallOptions): Promise<Sandbox[]>;
  /** The same one by one, page after page as the loop goes on. `GET /computers`. */
  each(filter?: ListSandboxesFilter, options?: EachOptions): AsyncGenerator<Sandbox, void, void>;
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
