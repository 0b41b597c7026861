import { headerNames, sandboxRoutes as routes, sandboxTemplate } from "@miosa/protocol";
import { maySee } from "../access/access.js";
import { checkStorage } from "../access/storage.js";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import { HttpProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isSandbox, type SandboxRecord, sizes, toWireSandbox } from "../sandboxes/sandboxRecord.js";
import { secondsOf } from "../usage/usageMeter.js";
import { attributionNames, readCreateFields, readNativeFields, readResources, readUpdateFields } from "./computerFields.js";
import { type LocalRoute, namedRecord, notRunning, ownFields, type RouteParts, visibleRecords } from "./localRoute.js";
import { mayRunAgain, withinQuota } from "./quotaRoutes.js";
import { readPage } from "./readPage.js";

/** `/sandboxes`: the same things as a resource of their own. Contract 4. */
export function sandboxRoutes(parts: RouteParts): LocalRoute[] {
  const { store, now } = parts;
  const wasDestroyed = (context: LocalContext): boolean =>
    store.destroyed(context.get("tenantId")).some((record) => record.id === context.req.param("id") && maySee(context.get("caller"), record));
  const show = (context: LocalContext, record: SandboxRecord, status: 200 | 201 = 200): Response => context.json(toWireSandbox(record, now()), status);
  return [
    {
      route: routes.create,
      answer: async (context) => show(context, await createNative(context, jsonObject(context), parts), 201),
    },
    {
      route: routes.list,
      answer(context) {
        const query = context.req.query();
        const wantsDestroyed = query["state"] === "destroyed";
        const known = wantsDestroyed ? store.destroyed(context.get("tenantId")).filter((record) => maySee(context.get("caller"), record)) : visibleRecords(context, parts);
        const records = known.filter((record) => isSandbox(record) && matches(record, query, now()));
        const { data, ...pages } = readPage(records, query);
        return context.json({ data: data.map((record) => toWireSandbox(record, now())), ...pages });
      },
    },
    {
      route: routes.getByName,
      answer(context) {
        const name = context.req.param("name");
        const record = visibleRecords(context, parts).find((each) => isSandbox(each) && each.name === name);
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
        // A repeated delete is answered as the first one was.
        if (!wasDestroyed(context)) await store.destroy(namedRecord(context, parts));
        return context.body(null, 204);
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
        (await mayRunAgain(record, parts))();
        await store.resume(record);
        return show(context, record);
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
  ];
}

/** Creates a sandbox as the native resource's body says. Throws a 422 for what is wrong with it, and what the user's quota says. */
export async function createNative(context: LocalContext, body: Readonly<Record<string, unknown>>, parts: RouteParts): Promise<SandboxRecord> {
  const template = body["template_id"] ?? body["template"] ?? body["image"] ?? sandboxTemplate;
  const size = readResources(body);
  const fields = ownFields(context, readCreateFields({ ...body, template_type: template, ...(size !== undefined && { size }) }));
  const native = readNativeFields(body);
  await checkStorage(context.get("tenantId"), fields.attribution.external_user_id, 0, parts);
  withinQuota(context, fields.attribution.external_user_id, parts);
  return parts.store.create(context.get("tenantId"), { ...fields, native });
}

function matches(record: SandboxRecord, query: Readonly<Record<string, string>>, now: number): boolean {
  const { state, tags } = query;
  if (state !== undefined && toWireSandbox(record, now)["state"] !== state) return false;
  if (tags !== undefined && !tags.split(",").every((tag) => record.native.tags.includes(tag))) return false;
  return attributionNames.every((name) => query[name] === undefined || record.attribution[name] === query[name]);
}
