import { rm } from "node:fs/promises";
import { eventTypes } from "@miosa/protocol";
import type { BootPhase, SandboxBox, SandboxDriver } from "../drivers/driver.js";
import type { FaultSource } from "../faults.js";
import { sleep, untilAborted } from "../timers.js";
import type { UsageMeter } from "../usage/usageMeter.js";
import type { FilesFrom, Life } from "./life.js";
import { endsWithServer, type SandboxRecord, type SandboxStatus } from "./sandboxRecord.js";
import type { SandboxNews } from "./sandboxNews.js";

/** What moves sandboxes from one status to the next. */
export interface LifeCycle {
  /** Boots a new sandbox. */
  begin(life: Life): void;
  /** Boots one that is stopped or failed; one that is booting or running is left alone. */
  start(life: Life): void;
  /** Ends its processes and keeps its files. Resolves when that is done; never rejects. */
  stop(life: Life): Promise<void>;
  restart(life: Life): Promise<void>;
  pause(life: Life): Promise<void>;
  resume(life: Life): Promise<void>;
  /** Resolves when the sandbox, its processes and its files are gone. */
  destroy(life: Life): Promise<void>;
  /** Ends it for a deadline that it has passed. */
  expire(life: Life, why: "timeout" | "idle"): Promise<void>;
  /** Ends it because the server ends, and leaves what the next one needs. */
  leave(life: Life): Promise<void>;
  /** Sets the status of a new sandbox that nothing boots. */
  setStatus(life: Life, status: SandboxStatus): void;
  /** Learns of a box when it ends by itself. */
  follow(life: Life, box: SandboxBox): void;
}

/** What a life cycle works with. */
export interface LifeCycleParts {
  readonly driver: SandboxDriver;
  readonly news: SandboxNews;
  readonly faults: FaultSource;
  readonly meter: UsageMeter;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** Writes a sandbox down after a change. */
  readonly note: (life: Life) => void;
  /** Resolves when all that was noted is on the disk. */
  readonly settled: () => Promise<void>;
  /** Tells the disk apart from the store that a box belongs to a sandbox, so that losing the one does not lose the other. */
  readonly marks: BoxMarks;
  /** True once the server ends: nothing is started any more. */
  readonly isClosing: () => boolean;
  /** Called once a sandbox is gone. */
  readonly forget: (life: Life) => void;
}

/** Boxes of which a client was told that they hold a sandbox's files. */
export interface BoxMarks {
  mark(keptAs: string): Promise<void>;
  unmark(keptAs: string): Promise<void>;
}

// creating ─▶ running                     autoStart: false: creating ─▶ stopped ─start▶ starting ─▶ running
//    └──────▶ error ─start▶ starting      from anywhere: ─destroy▶ destroying ─▶ destroyed (forgotten)
// running ─stop▶ stopping ─▶ stopped ─start▶ starting ─▶ running;  running ─pause▶ paused ─resume▶ running
export function createLifeCycle(parts: LifeCycleParts): LifeCycle {
  const { news } = parts;

  function setStatus(life: Life, status: SandboxStatus): void {
    life.record.status = status;
    life.record.updatedAt = parts.now();
    parts.meter.note(life.record);
    parts.note(life);
    for (const listener of [...life.listeners]) listener();
  }

  function begin(life: Life): void {
    const controller = new AbortController();
    const settled = bootNow(life, controller.signal)
      .catch((error: unknown) => (controller.signal.aborted ? undefined : giveUp(life, error)))
      .catch(parts.onError);
    life.boot = { controller, settled };
  }

  async function bootNow(life: Life, signal: AbortSignal): Promise<void> {
    const { record } = life;
    const startedAt = performance.now();
    record.boot = [];
    const box = await startedBox(life, signal, (phase) => news.phase(record, phase, performance.now() - startedAt));
    record.isWarm = box.isWarm;
    const slow = parts.faults.strike("slowStart");
    if (slow) await sleep(slow.delayMs, signal);
    const failing = parts.faults.strike("bootFails");
    if (failing) throw new Error(failing.reason);
    if (parts.faults.strike("neverReady")) await untilAborted(signal);
    await box.waitReady(signal);
    signal.throwIfAborted();
    if (!life.isWhole) becomeWhole(life, box);
    delete record.reason;
    record.readyAt = parts.now();
    record.native.deadlineFrom = record.readyAt;
    life.activeAt = record.readyAt;
    setStatus(life, "running");
    news.running(record, record.readyAt);
  }

  async function startedBox(life: Life, signal: AbortSignal, onPhase: (phase: BootPhase) => void): Promise<SandboxBox> {
    const { box, record, filesFrom, cpuMs } = life;
    if (box) {
      await box.start(signal, onPhase);
      life.isStopped = false;
      return box;
    }
    const files = filesFrom && { filesFrom: filesFrom.directory };
    const made = await parts.driver.create({ id: record.id, signal, onPhase, ...files, ...(cpuMs !== undefined && { cpuMsBefore: cpuMs }) });
    life.box = made;
    follow(life, made);
    return made;
  }

  function becomeWhole(life: Life, box: SandboxBox): void {
    const { filesFrom } = life;
    life.isWhole = true;
    delete life.filesFrom;
    parts.note(life);
    void keepBox(box, filesFrom).catch(parts.onError);
  }

  async function keepBox(box: SandboxBox, filesFrom: FilesFrom | undefined): Promise<void> {
    await parts.settled(); // until then a next server would make the box anew
    if (box.keptAs !== undefined) await parts.marks.mark(box.keptAs);
    await removeOwn(filesFrom);
  }

  async function giveUp(life: Life, error: unknown): Promise<void> {
    await endBox(life);
    fail(life, error instanceof Error ? error.message : "unknown error");
  }

  /** A box that holds the sandbox's files is kept. One that was never ready may lack some, and is made anew. */
  async function endBox(life: Life): Promise<void> {
    const { box } = life;
    if (!box) return;
    if (!life.isWhole) {
      await box.destroy();
      delete life.box;
      return;
    }
    await box.stop();
    life.isStopped = true;
    const { cpuMs } = await box.usage();
    if (cpuMs !== undefined) life.cpuMs = cpuMs;
  }

  function follow(life: Life, box: SandboxBox): void {
    void box.lost.then((reason) => onLost(life, box, reason)).catch(parts.onError);
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
    news.failed(record, reason);
  }

  function start(life: Life): void {
    const { status } = life.record;
    if (parts.isClosing() || (status !== "stopped" && status !== "error")) return;
    setStatus(life, "starting");
    begin(life);
  }

  async function stopNow(life: Life): Promise<void> {
    const { record } = life;
    life.boot?.controller.abort(new Error("The sandbox is stopped."));
    await life.boot?.settled;
    await endBox(life);
    delete record.readyAt;
    if (record.status === "destroying") return;
    setStatus(life, "stopped");
    news.stopped(record);
  }

  function stop(life: Life): Promise<void> {
    if (!mayStop(life.record)) return life.stopping ?? Promise.resolve();
    setStatus(life, "stopping");
    return (life.stopping ??= stopNow(life)
      .catch((error: unknown) => {
        life.record.reason = error instanceof Error ? error.message : "unknown error";
        setStatus(life, "error");
      })
      .finally(() => delete life.stopping));
  }

  async function destroyNow(life: Life): Promise<void> {
    const { record } = life;
    setStatus(life, "destroying");
    life.boot?.controller.abort(new Error("The sandbox is destroyed."));
    await life.boot?.settled;
    await life.stopping;
    try {
      await parts.settled().catch(parts.onError); // a full disk must not keep anybody from making room
      const { box } = life;
      if (box?.keptAs !== undefined) await parts.marks.unmark(box.keptAs);
      await box?.destroy();
    } finally {
      parts.forget(life);
      setStatus(life, "destroyed");
      news.destroyed(record);
    }
    await removeOwn(life.filesFrom);
  }

  function destroy(life: Life): Promise<void> {
    return (life.destroyed ??= destroyNow(life));
  }

  return {
    begin,
    start,
    stop,
    destroy,
    setStatus,
    follow,
    async restart(life) {
      if (!mayStop(life.record)) return;
      await stop(life);
      if (life.record.status === "stopped") start(life);
    },
    async pause(life) {
      if (life.record.status !== "running") return;
      await life.box?.pause();
      setStatus(life, "paused");
      news.tell(life.record, eventTypes.sandboxPaused);
    },
    async resume(life) {
      const { record } = life;
      if (record.status === "stopped") return start(life);
      if (record.status !== "paused") return;
      await life.box?.resume();
      record.native.deadlineFrom = parts.now();
      life.activeAt = parts.now();
      setStatus(life, "running");
      news.tell(record, eventTypes.sandboxResumed);
    },
    async expire(life, why) {
      news.tell(life.record, why === "idle" ? "sandbox.idle" : "sandbox.timeout");
      await (life.record.native.persistent ? stop(life) : destroy(life));
    },
    async leave(life) {
      if (life.destroyed) return life.destroyed;
      await (endsWithServer(life.record) ? destroy(life) : stop(life));
    },
  };
}

function mayStop({ status }: SandboxRecord): boolean {
  return status === "running" || status === "paused" || status === "creating" || status === "starting";
}

async function removeOwn(filesFrom: FilesFrom | undefined): Promise<void> {
  if (filesFrom?.isOwn) await rm(filesFrom.directory, { recursive: true, force: true });
}
