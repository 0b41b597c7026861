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

/** Attributes of a new computer. Contract 2.2, 4.3 and 6.3. */
export interface CreateComputerInput {
  name?: string | undefined;
  /** @default "miosa-sandbox" for sandboxes; the server's default for computers. A given value, null included, is kept. */
  templateType?: string | null | undefined;
  /** `xs small medium large xl`. @default the server's (`small`) */
  size?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  visibility?: string | undefined;
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
