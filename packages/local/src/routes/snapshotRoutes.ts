import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { sandboxRoutes as routes } from "@miosa/protocol";
import { bytesOf, checkStorage } from "../access/storage.js";
import { measure } from "../agent/limits.mjs";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { type CreateFields, type SandboxRecord, type SnapshotRecord, toTime, toWireSandbox } from "../sandboxes/sandboxRecord.js";
import { copyVariables, likeOf, readCreateFields, readNativeFields } from "./computerFields.js";
import { type LocalRoute, namedRecord, notRunning, ownFields, type RouteParts } from "./localRoute.js";
import { withinQuota } from "./quotaRoutes.js";

type Body = Readonly<Record<string, unknown>>;

const daySec = 86_400;

/** Saved states of a sandbox's files, and new sandboxes that start from one or from the files as they are now. Contract 4.5 and 4.15. */
export function snapshotRoutes(parts: RouteParts): LocalRoute[] {
  const { store, now } = parts;
  /** Sandboxes that still take a snapshot's files, by its directory. */
  const takers = new Map<string, Set<Promise<void>>>();

  function startFrom(snapshot: SnapshotRecord, record: SandboxRecord, fields: CreateFields): SandboxRecord {
    snapshot.lastUsedAt = now();
    const made = store.create(record.tenantId, fields, snapshot.directory);
    const all = takers.get(snapshot.directory) ?? new Set<Promise<void>>();
    takers.set(snapshot.directory, all);
    const taken = untilBooted(made);
    all.add(taken);
    void forget(snapshot.directory, taken);
    return made;
  }

  async function forget(directory: string, taken: Promise<void>): Promise<void> {
    await taken;
    const all = takers.get(directory);
    all?.delete(taken);
    if (all?.size === 0) takers.delete(directory);
  }

  function untilBooted(made: SandboxRecord): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (made.status === "creating") return;
        callOff();
        resolve();
      };
      const callOff = store.onStatus(made, look);
    });
  }

  async function remove(record: SandboxRecord, snapshot: SnapshotRecord): Promise<void> {
    record.native.snapshots.delete(snapshot.id);
    const waiting = takers.get(snapshot.directory);
    if (waiting) await Promise.all(waiting);
    await rm(snapshot.directory, { recursive: true, force: true });
  }

  /** The sandbox's snapshots that have not expired; those that have are removed. */
  function kept(record: SandboxRecord): readonly SnapshotRecord[] {
    const all = [...record.native.snapshots.values()];
    const expired = all.filter((snapshot) => (expiryOf(snapshot) ?? Infinity) <= now());
    for (const snapshot of expired) void remove(record, snapshot).catch(parts.onError);
    return all.filter((snapshot) => !expired.includes(snapshot));
  }

  function find(record: SandboxRecord, id: unknown): SnapshotRecord {
    const snapshot = kept(record).find((each) => each.id === id);
    if (!snapshot) throw new HttpProblem("NOT_FOUND", "There is no such snapshot.");
    return snapshot;
  }

  async function create(context: LocalContext): Promise<Response> {
    const record = namedRecord(context, parts);
    const body = jsonObject(context);
    const { comment = null, keep = false } = body;
    const retentionSec = readRetention(body);
    if (comment !== null && typeof comment !== "string") throw validationProblem({ comment: ["must be a string"] });
    if (typeof keep !== "boolean") throw validationProblem({ keep: ["must be true or false"] });
    await checkStorage(record.tenantId, record.attribution.external_user_id, await bytesOf(record, parts), parts);
    const directory = await store.saveFiles(record);
    if (directory === undefined) throw notRunning(record);
    const snapshot: SnapshotRecord = { id: `snap_${randomUUID()}`, directory, comment, createdAt: now(), sizeBytes: await measure([directory]), keep, ...(retentionSec !== undefined && { retentionSec }) };
    record.native.snapshots.set(snapshot.id, snapshot);
    parts.events.publish(record.tenantId, {
      type: "sandbox.snapshot.ready",
      id: record.id,
      tenant_id: record.tenantId,
      ts: toTime(now()),
      snapshot_id: snapshot.id,
      ...record.attribution,
    });
    return context.json({ data: toWireSnapshot(record, snapshot) }, 201);
  }

  return [
    { route: routes.createSnapshot, answer: create },
    // Its name in older clients.
    { route: { ...routes.createSnapshot, path: "/sandboxes/:id/snapshot" }, answer: create },
    {
      route: routes.listSnapshots,
      answer(context) {
        const record = namedRecord(context, parts);
        return context.json({ data: kept(record).map((snapshot) => toWireSnapshot(record, snapshot)) });
      },
    },
    {
      route: routes.restore,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { sizeBytes } = find(record, context.req.param("snapshot"));
        await checkStorage(record.tenantId, record.attribution.external_user_id, sizeBytes ?? 0, parts);
        withinQuota(context, record.attribution.external_user_id, parts);
        const made = startFrom(find(record, context.req.param("snapshot")), record, likeOf(record));
        copyVariables(record, made);
        return context.json(toWireSandbox(made, now()), 201);
      },
    },
    {
      route: routes.deleteSnapshot,
      async answer(context) {
        const record = namedRecord(context, parts);
        await remove(record, find(record, context.req.param("snapshot")));
        return context.json({ ok: true });
      },
    },
    {
      route: routes.fork,
      async answer(context) {
        const record = namedRecord(context, parts);
        const fields = ownFields(context, readForkFields(record, jsonObject(context)));
        const snapshotId = jsonObject(context)["snapshot_id"] ?? undefined;
        const addedBytes = snapshotId === undefined ? await bytesOf(record, parts) : (find(record, snapshotId).sizeBytes ?? 0);
        await checkStorage(record.tenantId, fields.attribution.external_user_id, addedBytes, parts);
        const check = (): void => withinQuota(context, fields.attribution.external_user_id, parts);
        check();
        const made = snapshotId === undefined ? await store.copy(record, fields, check) : startFrom(find(record, snapshotId), record, fields);
        copyVariables(record, made);
        return context.json(toWireSandbox(made, now()), 201);
      },
    },
  ];
}

/** What a fork is like its source, but for what the body says. Contract 4.5 and 8, C40. */
function readForkFields(record: SandboxRecord, body: Body): CreateFields {
  const like = likeOf(record);
  const given = readCreateFields({ ...like.attribution, ...body, ...(body["template_id"] !== undefined && { template_type: body["template_id"] }) });
  const says = (name: string): boolean => (body[name] ?? undefined) !== undefined;
  return {
    ...like,
    ...(given.name !== undefined && { name: given.name }),
    ...(says("metadata") && { metadata: given.metadata }),
    ...(says("template_id") && { templateType: given.templateType }),
    attribution: given.attribution,
    native: { ...like.native, ...readNativeFields(body) },
  };
}

/** How long a snapshot is kept, in seconds, by any of its names. */
function readRetention(body: Body): number | undefined {
  const days = body["expiration_days"];
  const value = body["retention_seconds"] ?? body["expiration_seconds"] ?? (typeof days === "number" ? days * daySec : days) ?? undefined;
  if (value === undefined || (typeof value === "number" && value > 0)) return value;
  throw validationProblem({ retention_seconds: ["must be a number above 0"] });
}

/** When a snapshot goes, in milliseconds since 1970. */
function expiryOf({ keep, retentionSec, createdAt }: SnapshotRecord): number | undefined {
  return keep || retentionSec === undefined ? undefined : createdAt + retentionSec * 1_000;
}

function toWireSnapshot(record: SandboxRecord, snapshot: SnapshotRecord): Record<string, unknown> {
  const expiresAt = expiryOf(snapshot);
  return {
    id: snapshot.id,
    sandbox_id: record.id,
    status: "ready",
    comment: snapshot.comment,
    keep: snapshot.keep ?? false,
    retention_seconds: snapshot.retentionSec ?? null,
    last_used_at: snapshot.lastUsedAt === undefined ? null : toTime(snapshot.lastUsedAt),
    expires_at: expiresAt === undefined ? null : toTime(expiresAt),
    created_at: toTime(snapshot.createdAt),
    updated_at: toTime(snapshot.createdAt),
  };
}
