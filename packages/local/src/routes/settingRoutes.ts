import { computerRoutes, sandboxRoutes as routes } from "@miosa/protocol";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isObject } from "../isObject.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { readTagList } from "./computerFields.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";

type Body = Readonly<Record<string, unknown>>;

/** Tags, variables and the idle stop of a sandbox or computer. Contract 4.14 and 6.3. */
export function settingRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.setTags,
      answer(context) {
        const { native } = namedRecord(context, parts);
        native.tags = readTagList(jsonObject(context));
        return context.json({ ok: true, tags: native.tags });
      },
    },
    ...sandboxVariables(parts),
    ...computerVariables(parts),
    ...autoStop(parts),
  ];
}

function sandboxVariables(parts: RouteParts): LocalRoute[] {
  return [
    { route: routes.listEnv, answer: (context) => context.json({ data: listVariables(namedRecord(context, parts), "key") }) },
    {
      route: routes.setEnv,
      answer(context) {
        const { env } = namedRecord(context, parts).native;
        for (const { name, value, encrypted } of readVariables(jsonObject(context))) env.set(name, { value, encrypted });
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

/** The same variables as a computer shows them: one at a time, and by `name`. */
function computerVariables(parts: RouteParts): LocalRoute[] {
  const path = "/computers/:id/env";
  function set(context: LocalContext, status: 200 | 201, given: Body): Response {
    const { env } = namedRecord(context, parts).native;
    const { name, value, encrypted } = readVariable(given);
    if (status === 200 && !env.has(name)) throw new HttpProblem("NOT_FOUND", "There is no such variable.");
    env.set(name, { value, encrypted });
    return context.json({ name, encrypted, ...(!encrypted && { value }) }, status);
  }
  return [
    { route: { ...routes.listEnv, path }, answer: (context) => context.json({ data: listVariables(namedRecord(context, parts), "name") }) },
    { route: { ...routes.setEnv, method: "POST", path }, answer: (context) => set(context, 201, jsonObject(context)) },
    {
      route: { ...routes.setEnv, method: "PATCH", path: `${path}/:name` },
      answer: (context) => set(context, 200, { ...jsonObject(context), name: context.req.param("name") ?? "" }),
    },
    {
      route: { ...routes.deleteEnv, path: `${path}/:name` },
      answer(context) {
        if (!namedRecord(context, parts).native.env.delete(context.req.param("name") ?? "")) throw new HttpProblem("NOT_FOUND", "There is no such variable.");
        return context.json({ ok: true });
      },
    },
  ];
}

function autoStop(parts: RouteParts): LocalRoute[] {
  const path = "/computers/:id/auto-stop";
  const show = (context: LocalContext, { native }: SandboxRecord): Response => {
    const seconds = native.idleTimeoutSec ?? 0;
    return context.json({ seconds, enabled: seconds > 0 });
  };
  return [
    { route: { ...computerRoutes.get, path }, answer: (context) => show(context, namedRecord(context, parts)) },
    {
      route: { ...computerRoutes.update, path },
      answer(context) {
        const record = namedRecord(context, parts);
        const { seconds } = jsonObject(context);
        if (typeof seconds !== "number" || !(seconds >= 0)) throw validationProblem({ seconds: ["must be a number of at least 0, which disables it"] });
        record.native.idleTimeoutSec = seconds === 0 ? null : seconds;
        return show(context, record);
      },
    },
  ];
}

/** The variables as an answer lists them. The values of encrypted ones are withheld. */
function listVariables({ native }: SandboxRecord, nameAs: "key" | "name"): Body[] {
  return [...native.env].map(([name, { value, encrypted }]) => ({ [nameAs]: name, encrypted, ...(!encrypted && { value }) }));
}

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly encrypted: boolean;
}

function readVariables(body: Body): readonly Variable[] {
  const { vars } = body;
  if (!Array.isArray(vars)) throw validationProblem({ vars: ["must be a list of { key, value }"] });
  return vars.map((each: unknown) => readVariable(isObject(each) ? { ...each, name: each["key"] ?? each["name"] } : {}));
}

function readVariable({ name, value, encrypted }: Body): Variable {
  if (typeof name !== "string" || !/^[A-Za-z_]\w*$/.test(name) || typeof value !== "string" || value.includes("\0")) {
    throw validationProblem({ vars: ["key must be a variable's name, and value a string without NUL"] });
  }
  return { name, value, encrypted: encrypted === true };
}
