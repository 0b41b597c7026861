import { randomUUID } from "node:crypto";
import { execRoutes as routes, type WireExecResult } from "@miosa/protocol";
import { BoxRequestError } from "../drivers/driver.js";
import { runCommand, type CommandRequest } from "../exec/runCommand.js";
import { streamCommand } from "../exec/streamCommand.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { openOutputStream } from "../http/outputStream.js";
import { jsonObject } from "../http/requestBody.js";
import { whileConnected } from "../http/whileConnected.js";
import { type SandboxRecord, toTime } from "../sandboxes/sandboxRecord.js";
import { readCommand, readPython } from "./execFields.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox, untilStopped } from "./localRoute.js";

/** Running commands. Contract 4.7 and 6.5. */
export function execRoutes(parts: RouteParts): LocalRoute[] {
  async function run(context: LocalContext, request: CommandRequest): Promise<Response> {
    const record = namedRecord(context, parts);
    const box = runningBox(record, parts);
    const stopped = untilStopped(record, parts);
    const { outputLimitBytes } = parts;
    const told = tellExec(parts, record, request);
    try {
      const work = (signal: AbortSignal): Promise<WireExecResult> => runCommand(box, request, { signal, outputLimitBytes });
      const result = await whileConnected(context, [stopped.signal], work);
      told.completed(result.exit_code);
      return context.json(result);
    } catch (error) {
      if (error instanceof BoxRequestError) throw validationProblem({ [error.field]: [error.message] });
      throw error;
    } finally {
      stopped.callOff();
    }
  }
  return [
    { route: routes.run, answer: (context) => run(context, (namedRecord(context, parts), readCommand(jsonObject(context)))) },
    { route: routes.python, answer: (context) => run(context, (namedRecord(context, parts), readPython(jsonObject(context)))) },
    {
      route: routes.stream,
      answer(context) {
        const record = namedRecord(context, parts);
        const request = readCommand(jsonObject(context));
        const box = runningBox(record, parts);
        return openOutputStream(context, async (stream, left) => {
          const stopped = untilStopped(record, parts);
          const told = tellExec(parts, record, request);
          try {
            const exitCode = await streamCommand(box, request, stream, AbortSignal.any([left, stopped.signal]));
            told.completed(exitCode);
          } catch (error) {
            if (left.aborted) return;
            const problem = error instanceof BoxRequestError ? validationProblem({ [error.field]: [error.message] }) : error;
            if (!(problem instanceof HttpProblem)) throw problem;
            const { code, message, extra } = problem;
            await stream.send({ event: "error", data: { type: "error", code, message, details: extra.details } });
          } finally {
            stopped.callOff();
          }
        });
      },
    },
    {
      route: routes.spawn,
      answer() {
        throw new HttpProblem("UPGRADE_REQUIRED", "This route is a WebSocket of the subprotocol miosa-exec-v1.", { headers: { upgrade: "websocket" } });
      },
    },
  ];
}

/** Tells the sandbox's own event stream of a command. Contract 5.2. */
function tellExec(parts: RouteParts, { id }: SandboxRecord, { command }: CommandRequest): { completed(exitCode: number | undefined): void } {
  const execId = `exec_${randomUUID()}`;
  const startedAt = parts.now();
  const common = { id, sandbox_id: id, exec_id: execId };
  parts.sandboxEvents.publish(id, { type: "sandbox.exec.started", ...common, ts: toTime(startedAt), command });
  return {
    completed(exitCode) {
      const event = { type: "sandbox.exec.completed", ...common, ts: toTime(parts.now()), duration_ms: parts.now() - startedAt };
      parts.sandboxEvents.publish(id, { ...event, ...(exitCode !== undefined && { exit_code: exitCode }) });
    },
  };
}
