import { execRoutes as routes, type WireExecResult } from "@miosa/protocol";
import { BoxRequestError } from "../drivers/driver.js";
import { createPendingCommands, pendingLifeSec } from "../exec/pendingCommands.js";
import { type CommandRequest, runCommand } from "../exec/runCommand.js";
import { streamCommand } from "../exec/streamCommand.js";
import { tellExec } from "../exec/tellExec.js";
import { toProblem } from "../http/answerProblem.js";
import type { Frame } from "../http/eventStream.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { openOutputStream } from "../http/outputStream.js";
import { jsonObject } from "../http/requestBody.js";
import { whileConnected } from "../http/whileConnected.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { readCommand, readNativeCommand, readPython, readShellCommand } from "./execFields.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox, untilStopped } from "./localRoute.js";

type ReadBody = (body: Readonly<Record<string, unknown>>) => CommandRequest;

/** Names of a stream's frames: those of the native API, or those of a computer's ticketed stream. */
type FrameNames = Readonly<Record<"stdout" | "stderr", string>>;

/** Running commands. Contract 4.7 and 6.5. */
export function execRoutes(parts: RouteParts): LocalRoute[] {
  const pending = createPendingCommands(parts.access, parts.now);

  const run = (context: LocalContext, read: ReadBody): Promise<WireExecResult> => {
    const record = namedRecord(context, parts);
    return runIn(context, record, read(jsonObject(context)), parts);
  };

  function stream(context: LocalContext, record: SandboxRecord, request: CommandRequest, names: FrameNames): Response {
    const box = tellExec(runningBox(record, parts), record, request.command, parts);
    return openOutputStream(context, async (output, left) => {
      const stopped = untilStopped(record, parts);
      try {
        const { exitCode, timedOut } = await streamCommand(box, request, AbortSignal.any([left, stopped.signal]), (name, lines) =>
          output.send(lines.map((line) => ({ event: names[name], data: { type: names[name], stream: name, line } }))),
        );
        await output.send([{ event: "exit", data: { type: "exit", exit_code: exitCode, ...(timedOut && { timed_out: true }) } }]);
      } catch (error) {
        if (left.aborted) return;
        await output.send([errorFrame(toProblem(requestProblem(error), parts.onError))]);
      } finally {
        stopped.callOff();
      }
    });
  }

  return [
    { route: routes.run, wakes: true, answer: async (context) => context.json(await run(context, readCommand)) },
    { route: routes.python, wakes: true, answer: async (context) => context.json(await run(context, readPython)) },
    {
      route: { ...routes.run, path: "/sandboxes/:id/exec" },
      wakes: true,
      answer: async (context) => context.json({ data: await run(context, readNativeCommand) }),
    },
    {
      route: routes.stream,
      wakes: true,
      answer: (context) => stream(context, namedRecord(context, parts), readNativeCommand(jsonObject(context)), { stdout: "stdout", stderr: "stderr" }),
    },
    {
      route: { ...routes.run, path: "/computers/:id/exec/stream" },
      wakes: true,
      answer(context) {
        const record = namedRecord(context, parts);
        const request = readShellCommand(jsonObject(context));
        runningBox(record, parts);
        const ticket = pending.add(context.get("caller"), record, request);
        const url = new URL(context.req.url);
        url.pathname += "/events";
        url.search = new URLSearchParams({ ticket }).toString();
        return context.json({ ticket, expires_at: Math.floor(parts.now() / 1_000) + pendingLifeSec, stream_url: url.href }, 202);
      },
    },
    {
      route: { method: "GET", path: "/computers/:id/exec/stream/events", permission: "exec", kind: "sse" },
      answer(context) {
        const record = namedRecord(context, parts);
        const request = pending.take(context.req.query("ticket") ?? "", record);
        if (!request) throw new HttpProblem("NOT_FOUND", "There is no command that waits for this ticket.");
        return stream(context, record, request, { stdout: "output", stderr: "output" });
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

/** Runs a command to its end, or until its client leaves. */
export async function runIn(context: LocalContext, record: SandboxRecord, request: CommandRequest, parts: RouteParts): Promise<WireExecResult> {
  const box = tellExec(runningBox(record, parts), record, request.command, parts);
  const stopped = untilStopped(record, parts);
  const { outputLimitBytes } = parts;
  try {
    return await whileConnected(context, [stopped.signal], (signal) => runCommand(box, request, { signal, outputLimitBytes }));
  } catch (error) {
    throw requestProblem(error);
  } finally {
    stopped.callOff();
  }
}

function requestProblem(error: unknown): unknown {
  return error instanceof BoxRequestError ? validationProblem({ [error.field]: [error.message] }) : error;
}

function errorFrame({ code, message, extra }: HttpProblem): Frame {
  return { event: "error", data: { type: "error", code, message, details: extra.details } };
}
