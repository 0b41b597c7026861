import type { CallOptions, MutationOptions } from "../options.js";

/** Canonical states over all of the API's spellings (`active` is `running`, `provisioning` is `creating`). Contract 6.2. */
export type ComputerState =
  | "creating"
  | "starting"
  | "running"
  | "snapshotting"
  | "paused"
  | "stopping"
  | "stopped"
  | "error"
  | "destroying"
  | "destroyed"
  | "unknown";

/** The platform's own customer, user and project ids. They label a resource and authorize nothing. Spec, "White-label attribution". */
export interface Attribution {
  externalWorkspaceId: string | null;
  externalUserId: string | null;
  externalProjectId: string | null;
}

/** One computer, as plain JSON in camelCase. Members that the server adds and we do not know are kept. Contract 6.1. */
export interface Computer extends Attribution {
  id: string;
  name: string | null;
  /** Canonical state, whatever spelling the server used. */
  state: ComputerState;
  /** The server's own word for the state. */
  status: string;
  templateType: string | null;
  size: string | null;
  metadata: Record<string, unknown>;
  /** ISO-8601, UTC. */
  createdAt: string | null;
  updatedAt: string | null;
  /** Local server only: `"none"` means that nothing keeps the sandbox apart from its host. */
  isolation?: string;
  [member: string]: unknown;
}

/** A sandbox: a computer whose template is `miosa-sandbox`. */
export type Sandbox = Computer;

/**
 * Attributes of a new computer. Members that are not named here are sent too, in snake_case, for servers that know more.
 * Contract 2.2, 4.3 and 6.3.
 */
export interface CreateComputerInput {
  name?: string | undefined;
  /** @default "miosa-sandbox" for sandboxes; the server's default for computers. A given value, null included, is kept. */
  templateType?: string | null | undefined;
  /** `xs small medium large xl`. @default the server's (`small`) */
  size?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  visibility?: string | undefined;
  /** Name of the computer in addresses. */
  slug?: string | undefined;
  /** Apps that a desktop starts with. */
  selectedApps?: readonly string[] | undefined;
  /** Gives the token inside the right to create more. @default false */
  allowProvision?: boolean | undefined;
  /** MIOSA's own workspace and project, by id, slug or name. @default the tenant's */
  workspaceId?: string | undefined;
  workspaceSlug?: string | undefined;
  workspaceName?: string | undefined;
  projectId?: string | undefined;
  projectSlug?: string | undefined;
  projectName?: string | undefined;
  externalWorkspaceId?: string | undefined;
  externalUserId?: string | undefined;
  externalProjectId?: string | undefined;
}

/** Filters of a list. Attribution filters match exactly and are ANDed. Contract 2.1 and 4.4. */
export interface ListSandboxesFilter {
  externalWorkspaceId?: string | undefined;
  externalUserId?: string | undefined;
  externalProjectId?: string | undefined;
  /** Keep only these canonical states. */
  state?: ComputerState | readonly ComputerState[] | undefined;
}

/** Options of an iterator over a list. */
export interface EachOptions extends CallOptions {
  /** How many to fetch at a time, 1 to 100. @default 100 */
  pageSize?: number | undefined;
}

/** Changes to a computer; what is left out stays. Contract 6.3. */
export type UpdateComputerInput = Pick<CreateComputerInput, "name" | "visibility" | "metadata">;

/** A computer's new size: by name, or by its parts together. Contract 6.3. */
export interface ResizeInput {
  /** `xs small medium large xl`. */
  size?: string | undefined;
  /** Virtual processors. */
  cpu?: number | undefined;
  memoryMb?: number | undefined;
}

/** Options of the waits for a state. */
export interface WaitForStateOptions {
  /** Deadline of the whole wait, in milliseconds. @default 300000 */
  timeoutMs?: number | undefined;
  /** Pause between two looks, in milliseconds. @default 2000 */
  pollIntervalMs?: number | undefined;
  /** Ends the wait; it rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Computers of any template. Contract 6.3. */
export interface Computers {
  /** Creates a computer; it boots by itself. `POST /computers`. */
  create(input?: CreateComputerInput, options?: MutationOptions): Promise<Computer>;
  /** All computers the credential can see, newest first, over all pages. `GET /computers`. */
  list(filter?: ListSandboxesFilter, options?: CallOptions): Promise<Computer[]>;
  /** The same one by one, page after page as the loop goes on. `GET /computers`. */
  each(filter?: ListSandboxesFilter, options?: EachOptions): AsyncGenerator<Computer, void, void>;
  /** One computer; an unknown id rejects with a 404 `ApiError`. `GET /computers/:id`. */
  get(id: string, options?: CallOptions): Promise<Computer>;
  /** Changes name, visibility or metadata. `PATCH /computers/:id`. */
  update(id: string, changes: UpdateComputerInput, options?: CallOptions): Promise<Computer>;
  /** Deletes a stopped computer; a running one that is no sandbox rejects with a 409. `DELETE /computers/:id`. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** Starts a computer; harmless on one that is starting or running. Resolves once accepted. `POST /computers/:id/start`. */
  start(id: string, options?: MutationOptions): Promise<void>;
  /** Stops a computer. Resolves once accepted: `waitUntilStopped` waits for the end. `POST /computers/:id/stop`. */
  stop(id: string, options?: MutationOptions): Promise<void>;
  /** Stops and starts a computer. Resolves once accepted. `POST /computers/:id/restart`. */
  restart(id: string, options?: MutationOptions): Promise<void>;
  /** Deletes a computer even while it runs. `DELETE /computers/:id?force=true`. */
  destroy(id: string, options?: CallOptions): Promise<void>;
  /** Makes a new computer like this one, with `input` on top. `POST /computers/:id/clone`. */
  clone(id: string, input?: CreateComputerInput, options?: MutationOptions): Promise<Computer>;
  /** Changes the size. `PATCH /computers/:id/resize`, or POST where the server knows only that. */
  resize(id: string, input: ResizeInput, options?: CallOptions): Promise<Computer>;
  /** Resolves to the computer once it runs. Rejects with a TimeoutError after `timeoutMs`, and with `COMPUTER_ERROR` when it failed. */
  waitUntilRunning(id: string, options?: WaitForStateOptions): Promise<Computer>;
  /** Resolves to the computer once it is stopped. Rejects as `waitUntilRunning` does. */
  waitUntilStopped(id: string, options?: WaitForStateOptions): Promise<Computer>;
}
