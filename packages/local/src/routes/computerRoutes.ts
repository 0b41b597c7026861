import { computerRoutes as routes, type WireComputer } from "@miosa/protocol";
import { bytesOf, checkStorage } from "../access/storage.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isBooting, isSandbox, type SandboxRecord, toWireComputer } from "../sandboxes/sandboxRecord.js";
import { attributionNames, copyVariables, readCreateFields, readNewSize, readUpdateFields } from "./computerFields.js";
import { type LocalRoute, namedRecord, ownFields, type RouteParts, visibleRecords } from "./localRoute.js";
import { mayRunAgain, withinQuota } from "./quotaRoutes.js";
import { readPage } from "./readPage.js";

/** `/computers` and, by their template, the sandboxes of the spec. Contract 2 and 6.3. */
export function computerRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.create,
      async answer(context) {
        const fields = ownFields(context, readCreateFields(jsonObject(context)));
        await checkStorage(context.get("tenantId"), fields.attribution.external_user_id, 0, parts);
        withinQuota(context, fields.attribution.external_user_id, parts);
        const record = parts.store.create(context.get("tenantId"), fields);
        return context.json(toWireComputer(record), 201);
      },
    },
    {
      route: routes.list,
      answer(context) {
        const query = context.req.query();
        const records = visibleRecords(context, parts).filter((record) => matches(record, query));
        const { data, ...pages } = readPage(records, query);
        return context.json({ data: data.map(toWireComputer), ...pages });
      },
    },
    { route: routes.get, answer: (context) => context.json(toWireComputer(namedRecord(context, parts))) },
    ...[routes.update, { ...routes.update, method: "PUT" } as const].map((route): LocalRoute => ({
      route,
      answer(context) {
        const record = namedRecord(context, parts);
        parts.store.update(record, readUpdateFields(jsonObject(context)));
        return context.json(toWireComputer(record));
      },
    })),
    {
      route: routes.start,
      async answer(context) {
        const record = namedRecord(context, parts);
        (await mayRunAgain(record, parts))();
        parts.store.start(record);
        return context.json(toWireComputer(record));
      },
    },
    {
      route: routes.stop,
      answer(context) {
        const record = namedRecord(context, parts);
        parts.store.stop(record);
        return context.json(toWireComputer(record));
      },
    },
    {
      route: routes.restart,
      async answer(context) {
        const record = namedRecord(context, parts);
        (await mayRunAgain(record, parts))();
        if (record.status === "stopped" || record.status === "error") parts.store.start(record);
        else parts.store.restart(record);
        return context.json(toWireComputer(record));
      },
    },
    {
      route: routes.clone,
      async answer(context) {
        const record = namedRecord(context, parts);
        const like = { template_type: record.templateType, size: record.size, visibility: record.visibility, metadata: record.metadata, ...record.attribution };
        const fields = ownFields(context, readCreateFields({ ...like, ...jsonObject(context) }));
        await checkStorage(record.tenantId, fields.attribution.external_user_id, await bytesOf(record, parts), parts);
        const check = (): void => withinQuota(context, fields.attribution.external_user_id, parts);
        check();
        const made = await parts.store.copy(record, fields, check);
        copyVariables(record, made);
        return context.json(bothWays(toWireComputer(made)), 201);
      },
    },
    ...[routes.resize, routes.resizeByPost].map((route): LocalRoute => ({
      route,
      answer(context) {
        const record = namedRecord(context, parts);
        parts.store.update(record, { size: readNewSize(jsonObject(context)) });
        return context.json(bothWays(toWireComputer(record)));
      },
    })),
    {
      // Here everything is on one machine, so that a computer is wherever it is to be moved.
      route: { ...routes.resizeByPost, path: "/computers/:id/move" },
      answer: (context) => context.json(bothWays(toWireComputer(namedRecord(context, parts)))),
    },
    {
      route: routes.delete,
      async answer(context) {
        const record = namedRecord(context, parts);
        if (!mayDelete(record, readForce(context))) {
          throw new HttpProblem("COMPUTER_RUNNING", "The computer is running. Stop it first, or delete it with force=true.");
        }
        await parts.store.destroy(record);
        return context.json({ ok: true });
      },
    },
  ];
}

/** For clients that look under `data`, and for those that do not. Contract 9. */
function bothWays(computer: WireComputer): Record<string, unknown> {
  return { ...computer, data: computer };
}

// A sandbox is deleted outright, since the spec calls its delete "destroy a sandbox". Contract 8, C5.
function mayDelete(record: SandboxRecord, force: boolean): boolean {
  return force || isSandbox(record) || !(record.status === "running" || isBooting(record));
}

function readForce(context: LocalContext): boolean {
  const force = context.req.query("force") ?? "false";
  if (force !== "true" && force !== "false") throw validationProblem({ force: ["must be true or false"] });
  return force === "true";
}

function matches(record: SandboxRecord, query: Readonly<Record<string, string>>): boolean {
  const { status } = query;
  if (status !== undefined && record.status !== status) return false;
  return attributionNames.every((name) => query[name] === undefined || record.attribution[name] === query[name]);
}
