/** Slug of the lightweight code-execution root file system that makes a computer a sandbox. Spec `template()`. */
export const sandboxTemplate = "miosa-sandbox";

/** Computer states by the names of the spec's own generation. Contract 6.2; the set is open. */
export type WireComputerStatus =
  | "creating"
  | "starting"
  | "running"
  | "stopping"
  | "stopped"
  | "error"
  | "destroying"
  | (string & {});

/** The three labels with which a platform tags a resource. They never authorize anything. Spec, contract 2.1. */
export interface WireAttribution {
  external_workspace_id?: string | null;
  external_user_id?: string | null;
  external_project_id?: string | null;
}

/** Body of `POST /computers`. Contract 2.2 and 6.3. */
export interface WireCreateComputer extends WireAttribution {
  name?: string;
  template_type?: string | null;
  size?: string;
  metadata?: Record<string, unknown>;
  visibility?: string;
}

/** One computer. Only `id` is certain; members that we do not know are kept. Contract 6.1. */
export interface WireComputer extends WireAttribution {
  id: string;
  name?: string | null;
  slug?: string | null;
  status?: WireComputerStatus;
  template_type?: string | null;
  size?: string | null;
  tenant_id?: string;
  workspace_id?: string | null;
  project_id?: string | null;
  visibility?: string | null;
  ip_address?: string | null;
  metadata?: Record<string, unknown> | null;
  /** Local server only: how the sandbox is kept apart from its host. `"none"` isolates nothing. */
  isolation?: string;
  created_at?: string;
  updated_at?: string;
  [member: string]: unknown;
}

/** Page members that stand beside `data` in a list. Contract 1.6; servers send one or both. */
export interface WirePages {
  meta?: { total?: number; page?: number; per_page?: number };
  page?: { page?: number; page_size?: number; total?: number };
}
