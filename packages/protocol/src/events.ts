/** Types of tenant events that concern sandboxes and computers. Contract 5.3; the set is open. */
export const eventTypes = {
  sandboxCreated: "sandbox.created",
  sandboxRunning: "sandbox.running",
  sandboxReady: "sandbox.ready",
  sandboxError: "sandbox.error",
  sandboxDestroyed: "sandbox.destroyed",
  sandboxPaused: "sandbox.paused",
  sandboxResumed: "sandbox.resumed",
  computerCreated: "computer.created",
  computerRunning: "computer.running",
  computerStopped: "computer.stopped",
  computerDeleted: "computer.deleted",
} as const;

/** One tenant event. `id` is the resource's id; the event's own id is only in the stream's `id:` line. Contract 5.3. */
export interface WireEvent {
  type: string;
  id: string;
  tenant_id?: string;
  ts?: string;
  status?: string;
  error?: string;
  reason?: string;
  external_workspace_id?: string | null;
  external_user_id?: string | null;
  external_project_id?: string | null;
  [member: string]: unknown;
}

/** How often `GET /events/stream` writes a heartbeat comment, in milliseconds. Contract 5.3. */
export const eventHeartbeatMs = 15_000;

/**
 * Type of an event that only a gateway sends, whatever `types` asks for: events may have been missed, so whoever
 * follows sandboxes should look at them again. Its `id:` line is where the stream goes on.
 */
export const feedRecheckType = "feed.recheck";
