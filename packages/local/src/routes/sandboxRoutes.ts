import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { headerNames, sandboxRoutes as routes, sandboxTemplate } from "@miosa/protocol";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isObject } from "../isObject.js";
import { isSandbox, type SandboxRecord, sizes, type SnapshotRecord, toTime, toWireSandbox } from "../sandboxes/sandboxRecord.js";
import { secondsOf } from "../usage/usageMeter.js";
import { attributionNames, readCreateFields, readNativeFields, readTagList, readUpdateFields } from "./computerFields.js";
import { type LocalRoute, namedRecord, notRunning, type RouteParts } from "./localRoute.js";
import { readPage } from "./readPage.js";

/** `/sandboxes`: the same things as a resource of their own. Contract 4. */
export function sandboxRoutes(parts: RouteParts): LocalRoute[] {
  const { store, now } = parts;
  const show = (context: LocalContext, record: SandboxRecord, status: 200 | 201 = 200): Response => context.json(toWireSandbox(record, now()), status);
  return [
    {
      route: routes.create,
      answer(context) {
        const body = jsonObject(context);
        const fields = readCreateFields({ ...body, template_type: body["template_id"] ?? body["template"] ?? sandboxTemplate });
        return show(context, store.create(context.get("tenantId"), { ...fields, native: readNativeFields(body) }), 201);
      },
    },
    {
      route: routes.list,
      answer(context) {
        const query = context.req.query();
        const records = store.list(context.get("tenantId")).filter((record) => isSandbox(record) && matches(record, query, now()));
        const { data, ...pages } = readPage(records, query);
        return context.json({ data: data.map((record) => toWireSandbox(record, now())), ...pages });
      },
    },
    {
      route: routes.getByName,
      answer(context) {
        const name = context.req.param("name");
        const record = store.list(context.get("tenantId")).find((each) => isSandbox(each) && each.name === name);
        if (!record) throw new HttpProblem("NOT_FOUND", "There is no sandbox of this name.");
        return show(context, record);
      },
    },
    { route: routes.get, answer: (context) => show(context, namedRecord(context, parts)) },
    {
      route: routes.update,
      answer(context) {
        const record = namedRecord(context, parts);
        const body = jsonObject(context);
        const native = readNativeFields(body);
        store.update(record, readUpdateFields(body));
        Object.assign(record.native, { ...native, env: record.native.env });
        return show(context, record);
      },
    },
    {
      route: routes.delete,
      async answer(context) {
        await store.destroy(namedRecord(context, parts));
        return context.json({ ok: true });
      },
    },
    {
      route: routes.extend,
      answer(context) {
        const record = namedRecord(context, parts);
        const { timeoutSec = record.native.timeoutSec } = readNativeFields(jsonObject(context));
        Object.assign(record.native, { timeoutSec, deadlineFrom: now() });
        return show(context, record);
      },
    },
    {
      route: routes.stop,
      async answer(context) {
        const record = namedRecord(context, parts);
        if (record.native.persistent) store.stop(record);
        else await store.destroy(record);
        return show(context, record);
      },
    },
    {
      route: routes.pause,
      async answer(context) {
        const record = namedRecord(context, parts);
        if (record.status !== "running" && record.status !== "paused") throw notRunning(record);
        await store.pause(record);
        return show(context, record);
      },
    },
    {
      route: routes.resume,
      async answer(context) {
        const record = namedRecord(context, parts);
        await store.resume(record);
        return show(context, record);
      },
    },
    {
      route: routes.fork,
      async answer(context) {
        const record = namedRecord(context, parts);
        const body = jsonObject(context);
        const snapshotId = body["snapshot_id"];
        const fields = { ...readCreateFields({ ...likeOf(record), ...(typeof body["name"] === "string" && { name: body["name"] }) }), native: readNativeFields(body) };
        if (snapshotId === undefined) return show(context, await parts.store.copy(record, fields), 201);
        return show(context, store.create(record.tenantId, fields, snapshotOf(record, typeof snapshotId === "string" ? snapshotId : "").directory), 201);
      },
    },
    {
      route: routes.usage,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { cpuMs } = await store.usageOf(record);
        const runs = parts.meter.sessions(record.tenantId).filter((run) => run.record.id === record.id);
        const seconds = runs.reduce((sum, run) => sum + secondsOf(run, 0, Number.POSITIVE_INFINITY, now()), 0);
        const { vcpus, memory_mb: memoryMb } = sizes[record.size];
        const { timeout_remaining_ms: remainingMs } = toWireSandbox(record, now());
        return context.json({
          data: {
            sandbox_id: record.id,
            state: record.status,
            runtime_sec: seconds,
            provisioned_vcpu_ms: seconds * 1_000 * vcpus,
            provisioned_memory_mb_ms: seconds * 1_000 * memoryMb,
            creation_count: 1,
            active_cpu_ms: cpuMs ?? null,
            network_ingress_bytes: null,
            network_egress_bytes: null,
            measurement_status: { active_cpu: cpuMs === undefined ? "unavailable" : "measured", network: "unavailable", provisioned_resources: "measured" },
            estimated_cost_cents: Math.ceil((seconds / 3_600) * 5 * vcpus),
            timeout_sec: record.native.timeoutSec,
            timeout_remaining_ms: remainingMs,
          },
        });
      },
    },
    {
      route: routes.events,
      answer(context) {
        const record = namedRecord(context, parts);
        const lastEventId = context.req.header(headerNames.lastEventId);
        return openEventStream(context, (stream) => {
          parts.streams.add("events", stream);
          keepAlive(stream, "heartbeat", parts.heartbeatMs);
          stream.onEnd(
            parts.sandboxEvents.subscribe(record.id, lastEventId, ({ eventId, event: { type, ...data } }) => {
              stream.send({ id: eventId, event: type, data });
            }),
          );
        });
      },
    },
    ...tagAndEnvRoutes(parts),
    ...snapshotRoutes(parts),
  ];
}

function tagAndEnvRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.setTags,
      answer(context) {
        const { native } = namedRecord(context, parts);
        native.tags = readTagList(jsonObject(context));
        return context.json({ ok: true, tags: native.tags });
      },
    },
    {
      route: routes.listEnv,
      answer(context) {
        const { env } = namedRecord(context, parts).native;
        return context.json({ data: [...env].map(([key, { value, encrypted }]) => ({ key, encrypted, ...(!encrypted && { value }) })) });
      },
    },
    {
      route: routes.setEnv,
      answer(context) {
        const { env } = namedRecord(context, parts).native;
        for (const { key, value, encrypted } of readVariables(jsonObject(context))) env.set(key, { value, encrypted });
        return context.json({ data: { ok: true } });
      },
    },
    {
      route: routes.deleteEnv,
      answer(context) {
        namedRecord(context, parts).native.env.delete(context.req.param("key") ?? "");
        return context.json({ ok: true });
      },
    },
  ];
}

function snapshotRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.createSnapshot,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { comment } = jsonObject(context);
        const directory = await parts.store.saveFiles(record);
        if (directory === undefined) throw notRunning(record);
        const snapshot = { id: `snap_${randomUUID()}`, directory, comment: typeof comment === "string" ? comment : null, createdAt: parts.now() };
        record.native.snapshots.set(snapshot.id, snapshot);
        return context.json({ data: toWireSnapshot(record, snapshot) }, 201);
      },
    },
    {
      route: routes.listSnapshots,
      answer(context) {
        const record = namedRecord(context, parts);
        return context.json({ data: [...record.native.snapshots.values()].map((snapshot) => toWireSnapshot(record, snapshot)) });
      },
    },
    {
      route: routes.restore,
      answer(context) {
        const record = namedRecord(context, parts);
        const { directory } = snapshotOf(record, context.req.param("snapshot") ?? "");
        return context.json(toWireSandbox(parts.store.create(record.tenantId, readCreateFields(likeOf(record)), directory), parts.now()), 201);
      },
    },
    {
      route: routes.deleteSnapshot,
      async answer(context) {
        const record = namedRecord(context, parts);
        const snapshot = snapshotOf(record, context.req.param("snapshot") ?? "");
        record.native.snapshots.delete(snapshot.id);
        await rm(snapshot.directory, { recursive: true, force: true });
        return context.json({ ok: true });
      },
    },
  ];
}

function likeOf(record: SandboxRecord): Record<string, unknown> {
  const { templateType, size, visibility, metadata, attribution } = record;
  return { template_type: templateType, size, visibility, metadata, ...attribution };
}

function snapshotOf(record: SandboxRecord, id: string): SnapshotRecord {
  const snapshot = record.native.snapshots.get(id);
  if (!snapshot) throw new HttpProblem("NOT_FOUND", "There is no such snapshot.");
  return snapshot;
}

function toWireSnapshot(record: SandboxRecord, snapshot: SnapshotRecord): Record<string, unknown> {
  const at = toTime(snapshot.createdAt);
  return { id: snapshot.id, sandbox_id: record.id, status: "ready", comment: snapshot.comment, keep: false, expires_at: null, created_at: at, updated_at: at };
}

function matches(record: SandboxRecord, query: Readonly<Record<string, string>>, now: number): boolean {
  const { state, tags } = query;
  if (state !== undefined && toWireSandbox(record, now)["state"] !== state) return false;
  if (tags !== undefined && !tags.split(",").every((tag) => record.native.tags.includes(tag))) return false;
  return attributionNames.every((name) => query[name] === undefined || record.attribution[name] === query[name]);
}

function readVariables(body: Readonly<Record<string, unknown>>): { key: string; value: string; encrypted: boolean }[] {
  const { vars } = body;
  if (!Array.isArray(vars)) throw validationProblem({ vars: ["must be a list of { key, value }"] });
  return vars.map((each: unknown) => {
    const { key, value, encrypted } = isObject(each) ? each : {};
    if (typeof key !== "string" || !/^[A-Za-z_]\w*$/.test(key) || typeof value !== "string" || value.includes("\0")) {
      throw validationProblem({ vars: ["key must be a variable's name, and value a string without NUL"] });
    }
    return { key, value, encrypted: encrypted === true };
  });
}
