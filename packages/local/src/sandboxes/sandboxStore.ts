import { eventTypes } from "@miosa/protocol";
import type { BootPhase, BoxCommand, BoxExecution, BoxUsage, SandboxBox, SandboxDriver } from "../drivers/driver.js";
import type { EventLog } from "../events/eventLog.js";
import type { FaultSource } from "../faults.js";
import { sleep, untilAborted } from "../timers.js";
import type { UsageMeter } from "../usage/usageMeter.js";
import { watchDeadlines } from "./deadlines.js";
import { type CreateFields, createRecord, environmentOf, isSandbox, type SandboxRecord, type SandboxStatus, toTime } from "./sandboxRecord.js";

/** What a store works with. */
export interface SandboxStoreParts {
  driver: SandboxDriver;
  events: EventLog;
  /** What happens in each sandbox, by its id. */
  sandboxEvents: EventLog;
  faults: FaultSource;
  meter: UsageMeter;
  now: () => number;
  onError: (error: unknown) => void;
  /** Whether creating boots at once. Without it a new sandbox goes `creating → stopped` and waits for a start. */
  autoStart: boolean;
}

/** All sandboxes of a server, and the only place that changes them. */
export interface SandboxStore {
  /** `filesFrom` is a host directory that a box's `saveFiles` has filled. */
  create(tenantId: string, fields: CreateFields, filesFrom?: string): SandboxRecord;
  /** A tenant's sandbox. Another tenant's is as unknown as one that never was. */
  get(tenantId: string, id: string): SandboxRecord | undefined;
  /** A tenant's sandboxes, newest first. */
  list(tenantId: string): readonly SandboxRecord[];
  /** All tenants' sandboxes, oldest first. */
  all(): readonly SandboxRecord[];
  /** The place to run a sandbox's commands, while it is running. */
  boxOf(record: SandboxRecord): SandboxBox | undefined;
  /** What a sandbox uses, as far as its driver can measure it. Asking does not count as activity. */
  usageOf(record: SandboxRecord): Promise<BoxUsage>;
  /** Boots a sandbox that is stopped or failed; one that is booting or running is left alone. */
  start(record: SandboxRecord): void;
  /** Ends a sandbox's processes and keeps its files. Returns at once; the status tells when it is done. */
  stop(record: SandboxRecord): void;
  /** Stops and starts. Returns at once. */
  restart(record: SandboxRecord): void;
  /** Stops the clock of a running sandbox's processes. */
  pause(record: SandboxRecord): Promise<void>;
  /** Lets a paused sandbox go on, and starts a stopped one. */
  resume(record: SandboxRecord): Promise<void>;
  update(record: SandboxRecord, changes: Partial<Pick<SandboxRecord, "name" | "slug" | "visibility" | "metadata" | "size">>): void;
  /** Resolves when the sandbox, its processes and its files are gone. */
  destroy(record: SandboxRecord): Promise<void>;
  /** Calls `listener` at each change of a sandbox's status; the returned function ends it. */
  onStatus(record: SandboxRecord, listener: () => void): () => void;
  destroyAll(): Promise<void>;
}

interface Life {
  readonly record: SandboxRecord;
  activeAt: number;
  busy: number;
  readonly listeners: Set<() => void>;
  readonly filesFrom?: string;
  box?: SandboxBox;
  /** True while the box keeps its files and runs nothing. */
  isStopped?: boolean;
  boot?: { readonly controller: AbortController; readonly settled: Promise<void> };
  stopping?: Promise<void>;
  destroyed?: Promise<void>;
}

/** Type of the event that tells a phase of a sandbox's start. */
const phaseType = "sandbox.phase";
/** Type of the event that tells the sandbox's own stream that commands are taken. Contract 5.2. */
const startedType = "sandbox.started";

// creating ─▶ running                     autoStart: false: creating ─▶ stopped ─start▶ starting ─▶ running
//    └──────▶ error ─start▶ starting      from anywhere: ─destroy▶ destroying ─▶ destroyed (forgotten)
// running ─stop▶ stopping ─▶ stopped ─start▶ starting ─▶ running;  running ─pause▶ paused ─resume▶ running
export function createSandboxStore(parts: SandboxStoreParts): SandboxStore {
  const lives = new Map<string, Life>();
  const endDeadlines = watchDeadlines(() => lives.values(), parts.now, (record, why) => void expire(record, why).catch(parts.onError));

  async function expire(record: SandboxRecord, why: "timeout" | "idle"): Promise<void> {
    const life = lifeOf(record);
    emit(life, why === "idle" ? "sandbox.idle" : "sandbox.timeout");
    if (record.native.persistent) await stop(life);
    else await (life.destroyed ??= destroyNow(life));
  }

  /** Counts the commands that run, for the idle timeout, and gives each the sandbox's variables as they are now. */
  function counted(life: Life, box: SandboxBox): SandboxBox {
    const note = (): void => void (life.activeAt = parts.now());
    async function exec(command: BoxCommand): Promise<BoxExecution> {
      life.busy += 1;
      const release = (): void => {
        life.busy -= 1;
        note();
      };
      try {
        const execution = await box.exec({ ...command, env: { ...environmentOf(life.record), ...command.env } });
        void execution.exited.then(release, release);
        return execution;
      } catch (error) {
        release();
        throw error;
      }
    }
    note();
    return { ...box, exec };
  }

  function setStatus(life: Life, status: SandboxStatus): void {
    life.record.status = status;
    life.record.updatedAt = parts.now();
    parts.meter.note(life.record);
    for (const listener of [...life.listeners]) listener();
  }

  function emit({ record }: Life, type: string, more: Readonly<Record<string, unknown>> = {}): void {
    const event = { type, id: record.id, tenant_id: record.tenantId, ts: toTime(parts.now()), status: record.status };
    parts.events.publish(record.tenantId, { ...event, ...record.attribution, ...more });
    const { id: sandboxId, ...own } = event;
    parts.sandboxEvents.publish(sandboxId, { ...own, ...more, id: sandboxId, sandbox_id: sandboxId });
  }

  function boot(life: Life): void {
    const controller = new AbortController();
    const settled = bootNow(life, controller.signal).catch((error: unknown) => {
      if (controller.signal.aborted) return;
      fail(life, error instanceof Error ? error.message : "unknown error");
    });
    life.boot = { controller, settled };
  }

  async function bootNow(life: Life, signal: AbortSignal): Promise<void> {
    const { record } = life;
    const startedAt = performance.now();
    record.boot = [];
    const onPhase = (phase: BootPhase): void => notePhase(life, phase, performance.now() - startedAt);
    const box = await boxToBoot(life, signal, onPhase);
    if (box !== life.box) void box.lost.then((reason) => onLost(life, box, reason)).catch(parts.onError);
    life.box = box;
    life.isStopped = false;
    record.isWarm = box.isWarm;
    const slow = parts.faults.strike("slowStart");
    if (slow) await sleep(slow.delayMs, signal);
    const failing = parts.faults.strike("bootFails");
    if (failing) throw new Error(failing.reason);
    if (parts.faults.strike("neverReady")) await untilAborted(signal);
    await box.waitReady(signal);
    signal.throwIfAborted();
    delete record.reason;
    record.readyAt = parts.now();
    record.native.deadlineFrom = record.readyAt;
    life.activeAt = record.readyAt;
    setStatus(life, "running");
    parts.sandboxEvents.publish(record.id, { type: startedType, id: record.id, sandbox_id: record.id, region: "local", ts: toTime(record.readyAt) });
    if (!isSandbox(record)) return emit(life, eventTypes.computerRunning);
    emit(life, eventTypes.sandboxRunning);
    emit(life, eventTypes.sandboxReady, { ready_at: toTime(record.readyAt) });
  }

  /** Told on the sandbox's own stream only, since the tenant's would carry five for each that is created. */
  function notePhase({ record }: Life, phase: BootPhase, atMs: number): void {
    const entry = { phase, at_ms: Math.round(atMs * 10) / 10 };
    record.boot.push(entry);
    parts.sandboxEvents.publish(record.id, { type: phaseType, id: record.id, sandbox_id: record.id, ts: toTime(parts.now()), ...entry });
  }

  async function onLost(life: Life, box: SandboxBox, reason: string): Promise<void> {
    const { record } = life;
    const isConcerned = (): boolean => life.box === box && (record.status === "running" || record.status === "paused");
    if (!isConcerned()) return;
    await box.stop(); // so that its files are there when it is started again
    if (!isConcerned()) return;
    life.isStopped = true;
    fail(life, `The sandbox ended by itself: ${reason}`);
  }

  function fail(life: Life, reason: string): void {
    const { record } = life;
    record.reason = reason;
    delete record.readyAt;
    setStatus(life, "error");
    if (isSandbox(record)) emit(life, eventTypes.sandboxError, { error: reason, reason });
  }

  async function boxToBoot(life: Life, signal: AbortSignal, onPhase: (phase: BootPhase) => void): Promise<SandboxBox> {
    const { box, record, filesFrom } = life;
    if (box && life.isStopped) {
      await box.start(signal, onPhase);
      return box;
    }
    await box?.destroy(); // of a boot that failed
    return parts.driver.create({ id: record.id, signal, onPhase, ...(filesFrom !== undefined && { filesFrom }) });
  }

  async function stopNow(life: Life): Promise<void> {
    const { record } = life;
    life.boot?.controller.abort(new Error("The sandbox is stopped."));
    await life.boot?.settled;
    await life.box?.stop();
    life.isStopped = true;
    delete record.readyAt;
    if (record.status === "destroying") return;
    setStatus(life, "stopped");
    emit(life, isSandbox(record) ? eventTypes.sandboxPaused : eventTypes.computerStopped);
  }

  function stop(life: Life): Promise<void> {
    setStatus(life, "stopping");
    return (life.stopping ??= stopNow(life)
      .catch((error: unknown) => {
        life.record.reason = error instanceof Error ? error.message : "unknown error";
        setStatus(life, "error");
      })
      .finally(() => delete life.stopping));
  }

  async function restartNow(life: Life): Promise<void> {
    await stop(life);
    if (life.record.status !== "stopped") return;
    setStatus(life, "starting");
    boot(life);
  }

  function mayStop({ status }: SandboxRecord): boolean {
    return status === "running" || status === "paused" || status === "creating" || status === "starting";
  }

  async function destroyNow(life: Life): Promise<void> {
    setStatus(life, "destroying");
    life.boot?.controller.abort(new Error("The sandbox is destroyed."));
    await life.boot?.settled;
    await life.stopping;
    try {
      await life.box?.destroy();
    } finally {
      lives.delete(life.record.id);
      setStatus(life, "destroyed");
      emit(life, isSandbox(life.record) ? eventTypes.sandboxDestroyed : eventTypes.computerDeleted);
    }
  }

  function lifeOf(record: SandboxRecord): Life {
    return lives.get(record.id) ?? { record, listeners: new Set(), activeAt: 0, busy: 0 };
  }

  return {
    create(tenantId, fields, filesFrom) {
      const record = createRecord(tenantId, parts.driver.isolation, fields, parts.now());
      const life: Life = { record, listeners: new Set(), activeAt: record.createdAt, busy: 0, ...(filesFrom !== undefined && { filesFrom }) };
      lives.set(record.id, life);
      const common = { size: record.size, workspace_id: `ws_${tenantId}` };
      if (isSandbox(record)) emit(life, eventTypes.sandboxCreated, { ...common, image: record.templateType });
      else emit(life, eventTypes.computerCreated, common);
      if (parts.autoStart) boot(life);
      else setStatus(life, "stopped");
      return record;
    },
    get(tenantId, id) {
      const record = lives.get(id)?.record;
      return record?.tenantId === tenantId ? record : undefined;
    },
    list: (tenantId) => [...lives.values()].map(({ record }) => record).filter((record) => record.tenantId === tenantId).toReversed(),
    all: () => [...lives.values()].map(({ record }) => record),
    boxOf(record) {
      const life = lives.get(record.id);
      return record.status === "running" && life?.box ? counted(life, life.box) : undefined;
    },
    usageOf: async (record) => (await lives.get(record.id)?.box?.usage()) ?? {},
    start(record) {
      if (record.status !== "stopped" && record.status !== "error") return;
      const life = lifeOf(record);
      setStatus(life, "starting");
      boot(life);
    },
    stop(record) {
      if (mayStop(record)) void stop(lifeOf(record));
    },
    restart(record) {
      if (!mayStop(record)) return;
      void restartNow(lifeOf(record));
    },
    async pause(record) {
      if (record.status !== "running") return;
      const life = lifeOf(record);
      await life.box?.pause();
      setStatus(life, "paused");
      emit(life, eventTypes.sandboxPaused);
    },
    async resume(record) {
      const life = lifeOf(record);
      if (record.status === "stopped") {
        setStatus(life, "starting");
        boot(life);
      }
      if (record.status !== "paused") return;
      await life.box?.resume();
      record.native.deadlineFrom = parts.now();
      life.activeAt = parts.now();
      setStatus(life, "running");
      emit(life, eventTypes.sandboxResumed);
    },
    update(record, changes) {
      Object.assign(record, changes, { updatedAt: parts.now() });
    },
    destroy(record) {
      const life = lifeOf(record);
      return (life.destroyed ??= destroyNow(life));
    },
    onStatus(record, listener) {
      const { listeners } = lifeOf(record);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async destroyAll() {
      endDeadlines();
      await Promise.all([...lives.values()].map((life) => (life.destroyed ??= destroyNow(life))));
    },
  };
}
