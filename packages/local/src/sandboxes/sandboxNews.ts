import { eventTypes } from "@miosa/protocol";
import type { BootPhase } from "../drivers/driver.js";
import type { EventLog } from "../events/eventLog.js";
import { isSandbox, type SandboxRecord, toTime } from "./sandboxRecord.js";

/** Type of the event that tells a phase of a sandbox's start. */
const phaseType = "sandbox.phase";
/** Type of the event that tells the sandbox's own stream that commands are taken. Contract 5.2. */
const startedType = "sandbox.started";

/** Tells what happens to sandboxes, to their tenants' streams and to their own. */
export interface SandboxNews {
  /** An event of both streams. */
  tell(record: SandboxRecord, type: string, more?: Readonly<Record<string, unknown>>): void;
  created(record: SandboxRecord): void;
  /** A phase of its start: on the sandbox's own stream only, since the tenant's would carry five for each that is created. */
  phase(record: SandboxRecord, phase: BootPhase, atMs: number): void;
  running(record: SandboxRecord, readyAt: number): void;
  failed(record: SandboxRecord, reason: string): void;
  stopped(record: SandboxRecord): void;
  destroyed(record: SandboxRecord): void;
}

/** Makes the news of one server. */
export function createSandboxNews(parts: { events: EventLog; sandboxEvents: EventLog; now: () => number }): SandboxNews {
  function tell(record: SandboxRecord, type: string, more: Readonly<Record<string, unknown>> = {}): void {
    const event = { type, id: record.id, tenant_id: record.tenantId, ts: toTime(parts.now()), status: record.status };
    parts.events.publish(record.tenantId, { ...event, ...record.attribution, ...more });
    const { id: sandboxId, ...own } = event;
    parts.sandboxEvents.publish(sandboxId, { ...own, ...more, id: sandboxId, sandbox_id: sandboxId });
  }

  return {
    tell,
    created(record) {
      const common = { size: record.size, workspace_id: `ws_${record.tenantId}` };
      if (isSandbox(record)) tell(record, eventTypes.sandboxCreated, { ...common, image: record.templateType });
      else tell(record, eventTypes.computerCreated, common);
    },
    phase(record, phase, atMs) {
      const entry = { phase, at_ms: Math.round(atMs * 10) / 10 };
      record.boot.push(entry);
      parts.sandboxEvents.publish(record.id, { type: phaseType, id: record.id, sandbox_id: record.id, ts: toTime(parts.now()), ...entry });
    },
    running(record, readyAt) {
      parts.sandboxEvents.publish(record.id, { type: startedType, id: record.id, sandbox_id: record.id, region: "local", ts: toTime(readyAt) });
      if (!isSandbox(record)) return tell(record, eventTypes.computerRunning);
      tell(record, eventTypes.sandboxRunning);
      tell(record, eventTypes.sandboxReady, { ready_at: toTime(readyAt) });
    },
    failed(record, reason) {
      if (isSandbox(record)) tell(record, eventTypes.sandboxError, { error: reason, reason });
    },
    stopped: (record) => tell(record, isSandbox(record) ? eventTypes.sandboxPaused : eventTypes.computerStopped),
    destroyed: (record) => tell(record, isSandbox(record) ? eventTypes.sandboxDestroyed : eventTypes.computerDeleted),
  };
}
