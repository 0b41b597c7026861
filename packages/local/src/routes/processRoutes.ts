import { execRoutes, type Route } from "@miosa/protocol";
import { BoxRequestError } from "../drivers/driver.js";
import { isSignal } from "../exec/execWires.js";
import { type BackgroundProcess, createProcesses, type ProcessLine } from "../exec/processes.js";
import { tellExec } from "../exec/tellExec.js";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import { readNativeCommand } from "./execFields.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox } from "./localRoute.js";

const path = "/sandboxes/:id/processes";
const tailLength = { usual: 200, most: 1_000 } as const;

/** Commands that go on without their client. They end with their sandbox. Contract 4.17. */
export function processRoutes(parts: RouteParts): LocalRoute[] {
  const processes = createProcesses(parts.now);
  const at = (method: Route["method"], below = "", kind: Route["kind"] = "json"): LocalRoute["route"] => ({
    ...execRoutes.run,
    method,
    path: `${path}${below}`,
    kind,
  });

  function named(context: LocalContext): BackgroundProcess {
    const found = processes.get(namedRecord(context, parts), context.req.param("pid") ?? "");
    if (!found) throw new HttpProblem("NOT_FOUND", "There is no such process.");
    return found;
  }

  async function start(context: LocalContext): Promise<Response> {
    const record = namedRecord(context, parts);
    const body = jsonObject(context);
    const { timeout, ...rest } = body;
    const { command, cwd, env } = readNativeCommand(rest);
    if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0)) throw validationProblem({ timeout: ["must be a number of seconds above 0"] });
    const name = typeof body["name"] === "string" ? body["name"] : command;
    const box = tellExec(runningBox(record, parts), record, command, parts);
    const request = { command, name, env, ...(cwd !== undefined && { cwd }), ...(typeof timeout === "number" && { timeoutSec: timeout }) };
    try {
      return context.json(bothWays(await processes.start(record, box, request)), 201);
    } catch (error) {
      if (error instanceof BoxRequestError) throw validationProblem({ [error.field]: [error.message] });
      throw error;
    }
  }

  return [
    { route: at("POST"), wakes: true, answer: start },
    { route: at("GET"), answer: (context) => context.json({ data: processes.list(namedRecord(context, parts)).map(toWire) }) },
    { route: at("GET", "/:pid"), answer: (context) => context.json(bothWays(named(context))) },
    {
      route: at("DELETE", "/:pid"),
      answer(context) {
        named(context).end();
        return context.json({ ok: true });
      },
    },
    {
      route: at("GET", "/:pid/logs"),
      answer(context) {
        const tail = Number(context.req.query("tail") ?? tailLength.usual);
        if (!(Number.isInteger(tail) && tail >= 1 && tail <= tailLength.most)) throw validationProblem({ tail: [`must be a whole number from 1 to ${tailLength.most}`] });
        return context.json({ data: named(context).tail(tail).map(({ line }) => `${line}\n`).join("") });
      },
    },
    {
      route: at("GET", "/:pid/stream", "sse"),
      answer(context) {
        const found = named(context);
        return openEventStream(context, (stream) => {
          parts.streams.add("events", stream);
          keepAlive(stream, "heartbeat", parts.heartbeatMs);
          const send = ({ stream: type, line }: ProcessLine): void => stream.send({ event: type, data: { type, line } });
          for (const line of found.tail(tailLength.most)) send(line);
          const end = (): void => {
            stream.send({ event: "exit", data: { type: "exit", exit_code: found.exitCode } });
            stream.close();
          };
          stream.onEnd(found.follow(send, end));
        });
      },
    },
    {
      route: at("POST", "/:pid/stdin"),
      async answer(context) {
        const found = named(context);
        const { data } = jsonObject(context);
        if (typeof data !== "string") throw new HttpProblem("MISSING_PARAM", "data is required.");
        if (found.status === "running") await found.execution.write(Buffer.from(data));
        return context.json({ ok: found.status === "running" });
      },
    },
    {
      route: at("POST", "/:pid/signal"),
      answer(context) {
        const found = named(context);
        const { signal } = jsonObject(context);
        const name = typeof signal === "string" && !signal.startsWith("SIG") ? `SIG${signal}` : signal;
        if (typeof name !== "string" || !isSignal(name)) throw validationProblem({ signal: ["must be the name of a signal, such as SIGTERM"] });
        if (found.status === "running") found.execution.signal(name);
        return context.json({ ok: true });
      },
    },
  ];
}

function bothWays(found: BackgroundProcess): Record<string, unknown> {
  const wire = toWire(found);
  return { ...wire, data: wire };
}

function toWire({ pid, name, command, status, startedAt, exitCode }: BackgroundProcess): Record<string, unknown> {
  return { pid, name, command, status, started_at: toTime(startedAt), exit_code: exitCode };
}
