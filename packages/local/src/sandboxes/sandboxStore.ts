import { rm } from "node:fs/promises";
import type { BoxUsage, SandboxBox, SandboxDriver } from "../drivers/driver.js";
import type { EventLog } from "../events/eventLog.js";
import type { FaultSource } from "../faults.js";
import { type Keeping, nothingKept } from "../state/keeping.js";
import { fromSaved, type SavedSandbox, toSaved } from "../state/savedSandbox.js";
import type { UsageMeter } from "../usage/usageMeter.js";
import { activeBox } from "./activeBox.js";
import { watchDeadlines } from "./deadlines.js";
import { createDestroyedRecords } from "./destroyedRecords.js";
import { createLife, type Life } from "./life.js";
import { createLifeCycle } from "./lifeCycle.js";
import { createSandboxNews } from "./sandboxNews.js";
import { type CreateFields, createRecord, type SandboxRecord } from "./sandboxRecord.js";
import { saveFiles } from "./savedFiles.js";

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
  /** A directory of the server's own for saved files; made when it is first asked for. */
  scratch: () => Promise<string>;
  /** Aborts when the server closes: what is still asked for then makes no sandbox, and fails with its reason. */
  closing: AbortSignal;
  /** What outlives the server. @default nothing */
  keeping?: Keeping;
}

/** All sandboxes of a server, and the only place that changes their status. */
export interface SandboxStore {
  /** `filesFrom` is a host directory that a box's `saveFiles` has filled. */
  create(tenantId: string, fields: CreateFields, filesFrom?: string): SandboxRecord;
  /**
   * Makes a new sandbox of the same tenant with the files that this one has now, whether it runs or not. `check` is called once these
   * are copied, right before it is made, and may throw: others may have been made meanwhile.
   */
  copy(record: SandboxRecord, fields: CreateFields, check: () => void): Promise<SandboxRecord>;
  /** Copies the files that a sandbox has now into a new directory, which is the caller's to remove. Undefined when it has none yet. */
  saveFiles(record: SandboxRecord): Promise<string | undefined>;
  /** A tenant's sandbox. Another tenant's is as unknown as one that never was. */
  get(tenantId: string, id: string): SandboxRecord | undefined;
  /** A tenant's sandboxes, newest first. */
  list(tenantId: string): readonly SandboxRecord[];
  /** A tenant's sandboxes that were destroyed last, newest first. They can be told of, and nothing else. */
  destroyed(tenantId: string): readonly SandboxRecord[];
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
  /** Resolves when the sandbox, its processes, its files and its snapshots are gone. */
  destroy(record: SandboxRecord): Promise<void>;
  /** Calls `listener` at each change of a sandbox's status; the returned function ends it. */
  onStatus(record: SandboxRecord, listener: () => void): () => void;
  /** Writes down what a request may have changed of a sandbox. Resolves when that and all before it will outlive the server. */
  written(id: string | undefined): Promise<void>;
  /** Takes over what an earlier server has kept. To be called once, before anything is created. */
  takeOver(saved: readonly SavedSandbox[]): Promise<void>;
  /** Destroys all sandboxes; with a state directory, stops them and leaves them to the next server. */
  close(): Promise<void>;
}

/** Makes the store of one server. */
export function createSandboxStore(parts: SandboxStoreParts): SandboxStore {
  const { driver, now, onError, keeping = nothingKept } = parts;
  const { journal } = keeping;
  const lives = new Map<string, Life>();
  const destroyed = createDestroyedRecords();
  const news = createSandboxNews(parts);
  let lastOrder = 0;
  let isClosing = false;
  const cycle = createLifeCycle({
    driver,
    news,
    faults: parts.faults,
    meter: parts.meter,
    now,
    onError,
    note,
    settled: journal.settled,
    marks: keeping.marks,
    isClosing: () => isClosing,
    forget({ record }) {
      lives.delete(record.id);
      destroyed.add(record, now());
    },
  });
  const endDeadlines = watchDeadlines(() => lives.values(), now, (record, why) => void cycle.expire(lifeOf(record), why).catch(onError));

  function note({ record: { id } }: Life): void {
    journal.note(`sandbox:${id}`, () => {
      const life = lives.get(id);
      return life && toSaved(life);
    });
  }

  function lifeOf(record: SandboxRecord): Life {
    return lives.get(record.id) ?? createLife(record, 0);
  }

  function add(life: Life): SandboxRecord {
    parts.closing.throwIfAborted(); // nobody would end it
    const { record } = life;
    lives.set(record.id, life);
    news.created(record);
    note(life);
    if (parts.autoStart) cycle.begin(life);
    else cycle.setStatus(life, "stopped");
    return record;
  }

  function nextLife(tenantId: string, fields: CreateFields): Life {
    return createLife(createRecord(tenantId, driver.isolation, fields, now()), (lastOrder += 1));
  }

  async function destroy(record: SandboxRecord): Promise<void> {
    await cycle.destroy(lifeOf(record));
    for (const { directory } of record.native.snapshots.values()) await rm(directory, { recursive: true, force: true });
  }

  async function takeOverOne(saved: SavedSandbox): Promise<void> {
    const life = fromSaved(saved, { isolation: driver.isolation, savedDirectory: await parts.scratch() });
    lives.set(life.record.id, life);
    lastOrder = Math.max(lastOrder, life.order);
    if (saved.box !== undefined) await findBox(life, saved.box);
    note(life);
  }

  async function findBox(life: Life, keptAs: string): Promise<void> {
    const { record, cpuMs } = life;
    try {
      if (!driver.adopt) throw new Error(`The driver ${driver.name} keeps nothing.`);
      life.box = await driver.adopt({ id: record.id, signal: new AbortController().signal, ...(cpuMs !== undefined && { cpuMsBefore: cpuMs }) }, keptAs);
      life.isWhole = true;
      life.isStopped = true;
      cycle.follow(life, life.box);
    } catch (error) {
      record.status = "error";
      record.reason = `Its files could not be found again: ${error instanceof Error ? error.message : "unknown error"}`;
    }
  }

  return {
    create(tenantId, fields, filesFrom) {
      const life = nextLife(tenantId, fields);
      if (filesFrom !== undefined) life.filesFrom = { directory: filesFrom, isOwn: false };
      return add(life);
    },
    async copy(record, fields, check) {
      const directory = await saveFiles(lifeOf(record), parts.scratch);
      try {
        check();
        const life = nextLife(record.tenantId, fields);
        if (directory !== undefined) life.filesFrom = { directory, isOwn: true };
        return add(life);
      } catch (error) {
        if (directory !== undefined) await rm(directory, { recursive: true, force: true });
        throw error;
      }
    },
    saveFiles: (record) => saveFiles(lifeOf(record), parts.scratch),
    get(tenantId, id) {
      const record = lives.get(id)?.record;
      return record?.tenantId === tenantId ? record : undefined;
    },
    list: (tenantId) => [...lives.values()].map(({ record }) => record).filter((record) => record.tenantId === tenantId).toReversed(),
    destroyed: (tenantId) => destroyed.list(tenantId),
    all: () => [...lives.values()].map(({ record }) => record),
    boxOf(record) {
      const life = lives.get(record.id);
      return record.status === "running" && life?.box ? activeBox(life, life.box, now) : undefined;
    },
    usageOf: async (record) => (await lives.get(record.id)?.box?.usage()) ?? {},
    start: (record) => cycle.start(lifeOf(record)),
    stop: (record) => void cycle.stop(lifeOf(record)),
    restart: (record) => void cycle.restart(lifeOf(record)),
    pause: (record) => cycle.pause(lifeOf(record)),
    resume: (record) => cycle.resume(lifeOf(record)),
    update(record, changes) {
      Object.assign(record, changes, { updatedAt: now() });
    },
    destroy,
    onStatus(record, listener) {
      const { listeners } = lifeOf(record);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async written(id) {
      const life = id === undefined ? undefined : lives.get(id);
      if (life) note(life);
      await journal.settled();
    },
    async takeOver(saved) {
      for (const each of saved.toSorted((a, b) => a.order - b.order)) await takeOverOne(each);
    },
    async close() {
      isClosing = true;
      endDeadlines();
      for (const { record } of lives.values()) for (const { server } of record.native.previews.values()) server.close();
      await Promise.all([...lives.values()].map((life) => (journal.keeps ? cycle.leave(life) : cycle.destroy(life))));
      await journal.settled();
    },
  };
}
