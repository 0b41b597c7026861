import { basename, join } from "node:path";
import { isObject } from "../isObject.js";
import { createLife, type Life } from "../sandboxes/life.js";
import { type NativeFields, type SandboxRecord, type SizeName, sizes, type SnapshotRecord } from "../sandboxes/sandboxRecord.js";

type SavedNative = Omit<NativeFields, "env" | "snapshots" | "previews"> & {
  readonly env: readonly [name: string, variable: { readonly value: string; readonly encrypted: boolean }][];
  /** `directory` is the name below the directory of saved files. */
  readonly snapshots: readonly SnapshotRecord[];
};

/** A sandbox as it is written down. What ends with the server is not in it: its previews and its screen. */
export interface SavedSandbox extends Omit<SandboxRecord, "native" | "screen"> {
  readonly native: SavedNative;
  readonly order: number;
  /** What a driver finds its files by; absent until they are all there. */
  readonly box?: string;
  /** What its first box starts from; `directory` is the name below the directory of saved files. */
  readonly filesFrom?: { readonly directory: string; readonly isOwn: boolean };
  readonly cpuMs?: number;
}

/** The sandbox as it is now, to be written down. */
export function toSaved(life: Life): SavedSandbox {
  const { record, order, box, isWhole, filesFrom, cpuMs } = life;
  const { native, screen: _screen, ...own } = record;
  const { env, snapshots, previews: _previews, ...plain } = native;
  const saved = [...snapshots.values()].map((snapshot) => ({ ...snapshot, directory: basename(snapshot.directory) }));
  return {
    ...own,
    native: { ...plain, env: [...env], snapshots: saved },
    order,
    ...(isWhole && box?.keptAs !== undefined && { box: box.keptAs }),
    ...(filesFrom && { filesFrom: { ...filesFrom, directory: basename(filesFrom.directory) } }),
    ...(cpuMs !== undefined && { cpuMs }),
  };
}

/** A sandbox as the next server finds it: stopped, whatever it was doing, unless it had failed. Its box is still to be found. */
export function fromSaved(saved: SavedSandbox, { isolation, savedDirectory }: { isolation: string; savedDirectory: string }): Life {
  const { native, order, box: _box, filesFrom, cpuMs, readyAt: _readyAt, ...own } = saved;
  const snapshots = native.snapshots.map((snapshot) => [snapshot.id, { ...snapshot, directory: join(savedDirectory, snapshot.directory) }] as const);
  const record: SandboxRecord = {
    ...own,
    isolation,
    status: saved.status === "error" ? "error" : "stopped",
    native: { ...native, env: new Map(native.env), snapshots: new Map(snapshots), previews: new Map() },
  };
  const life = createLife(record, order);
  if (filesFrom) life.filesFrom = { ...filesFrom, directory: join(savedDirectory, filesFrom.directory) };
  if (cpuMs !== undefined) life.cpuMs = cpuMs;
  return life;
}

type Check = (value: unknown) => boolean;
type Checks<Shape> = { readonly [Name in keyof Required<Shape>]: Check };

const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const flag: Check = (value) => typeof value === "boolean";
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const nullable = (check: Check): Check => (value) => value === null || check(value);
const list = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const fits = <Shape>(checks: Checks<Shape>): Check => (value) => isObject(value) && entriesOf(checks).every(([name, check]) => check(value[name]));
/** A name of one entry of a directory: what was written down must not lead out of it. */
const name: Check = (value) => typeof value === "string" && /^[\w-]+$/.test(value);

const statuses: ReadonlySet<unknown> = new Set(["creating", "starting", "running", "paused", "stopping", "stopped", "error", "destroying", "destroyed"]);

// A field that is added to a record does not compile until it is named here.
const checkSandbox = fits<SavedSandbox>({
  id: name,
  tenantId: text,
  isolation: text,
  templateType: nullable(text),
  madeAs: (value) => value === "computer" || value === "sandbox",
  size: isSize,
  attribution: fits({ external_workspace_id: nullable(text), external_user_id: nullable(text), external_project_id: nullable(text) }),
  slug: text,
  createdAt: number,
  name: text,
  visibility: text,
  metadata: isObject,
  status: (value) => statuses.has(value),
  reason: optional(text),
  updatedAt: number,
  readyAt: optional(number),
  boot: list(fits({ phase: text, at_ms: number })),
  isWarm: flag,
  order: number,
  box: optional(name),
  filesFrom: optional(fits({ directory: name, isOwn: flag })),
  cpuMs: optional(number),
  native: fits<SavedNative>({
    timeoutSec: number,
    idleTimeoutSec: nullable(number),
    persistent: flag,
    alwaysOn: flag,
    tags: list(text),
    deadlineFrom: number,
    env: list((value) => Array.isArray(value) && text(value[0]) && fits({ value: text, encrypted: flag })(value[1])),
    snapshots: list(
      fits<SnapshotRecord>({
        id: text,
        directory: name,
        comment: nullable(text),
        createdAt: number,
        sizeBytes: optional(number),
        keep: optional(flag),
        retentionSec: optional(number),
        lastUsedAt: optional(number),
      }),
    ),
  }),
});

/** True for what {@link toSaved} has made. */
export function isSavedSandbox(value: unknown): value is SavedSandbox {
  return checkSandbox(value);
}

function isSize(value: unknown): value is SizeName {
  return typeof value === "string" && Object.hasOwn(sizes, value);
}

function entriesOf(checks: Readonly<Record<string, Check>>): [string, Check][] {
  return Object.entries(checks);
}
