/** Answer of `GET /sandboxes/:id/readiness`, bare or under `data`. Ready means `ready === true` or `status === "ready"`. Contract 3.1. */
export interface WireReadiness {
  sandbox_id?: string;
  ready?: boolean;
  status?: "booting" | "ready" | "error" | "failed" | "destroyed" | (string & {});
  ready_at?: string | null;
  /** Why the sandbox will never be ready, where the server knows. */
  error?: string | null;
  reason?: string | null;
  [member: string]: unknown;
}

/** Event names of `GET /sandboxes/:id/readiness/stream`. Both end the stream. Contract 3.2. */
export const readinessEvents = { ready: "ready", timeout: "timeout" } as const;

/** Readiness statuses after which a sandbox will never become ready. */
export const failedReadinessStatuses = ["error", "failed", "destroyed"] as const;
