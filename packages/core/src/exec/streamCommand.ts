import { closeableGenerator } from "../closeableGenerator.js";
import { ApiError, isMiosaError, NetworkError, ProtocolError, TimeoutError } from "../errors.js";
import { asString, isRecord } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { requireId, requireNumber, requireObject, requireString } from "../requireArguments.js";
import { openEventStream } from "../sse/openEventStream.js";
import type { SseMessage } from "../sse/sseMessages.js";
import { createDeadline } from "../timers.js";
import { checkedPlace, commandTimeoutMs, exitCodeOf } from "./runCommand.js";
import type { ExecEvent, RunInput, RunOptions } from "./types.js";

const beforeTheEnd =
  "before the server said how the command ended. It may have done any part of its work: see what it has done before you run it again.";

/** Runs a shell command and yields its output, then `exit`. `POST /sandboxes/:id/exec/stream`, contract 4.7. */
export function streamCommand(transport: Transport, id: string, input: RunInput, options: RunOptions = {}): AsyncGenerator<ExecEvent, void, void> {
  requireId(id);
  requireObject("input", input);
  requireString("command", input.command);
  const { command, cwd, env, timeoutSec } = checkedPlace(input);
  const timeoutMs = commandTimeoutMs(input, options);
  requireNumber("timeoutMs", timeoutMs, 0);
  return closeableGenerator(options.signal, async function* run(signal): AsyncGenerator<ExecEvent, void, void> {
    const deadline = createDeadline(timeoutMs, signal);
    try {
      const stream = await openEventStream(transport, "POST /sandboxes/:id/exec/stream", {
        params: { id },
        body: { command, cwd, env, timeout: timeoutSec },
        headers: options.headers,
        idleTimeoutMs: Number.POSITIVE_INFINITY, // a quiet command is no dead connection; the deadline bounds it
        finite: true,
        signal: deadline.signal,
      });
      try {
        for (let message = await stream.next(); message; message = await stream.next()) {
          const event = execEventOf(message, id);
          if (event) yield event;
          if (event?.type === "exit") return;
        }
      } finally {
        stream.close();
      }
      throw new ProtocolError(`The stream ended ${beforeTheEnd}`, { code: "STREAM_CLOSED", sandboxId: id });
    } catch (cause) {
      if (deadline.expired) throw new TimeoutError(`The command did not end within ${timeoutMs} ms.`, { code: "TIMEOUT", sandboxId: id });
      if (!isMiosaError(cause) || cause.code !== "STREAM_LOST") throw cause;
      throw new NetworkError(`The connection was lost ${beforeTheEnd}`, { code: cause.code, sandboxId: id, cause });
    } finally {
      deadline.dispose();
    }
  });
}

/** Reads a message of an exec stream: `data.type` names its kind, else the event name does. Undefined for kinds we do not know. */
function execEventOf(message: SseMessage, sandboxId: string): ExecEvent | undefined {
  if (message.data === "[DONE]") return undefined;
  const wire = parseObject(message.data);
  if (!wire) {
    throw new ProtocolError(`The data of a ${message.event} event is not a JSON object.`, { code: "MALFORMED_EVENT", sandboxId });
  }
  switch (asString(wire["type"]) ?? message.event) {
    case "stdout":
    case "output":
      return { type: "stdout", line: asString(wire["line"]) ?? "" };
    case "stderr":
      return { type: "stderr", line: asString(wire["line"]) ?? "" };
    case "exit": {
      const exitCode = exitCodeOf(wire);
      if (exitCode !== undefined) return { type: "exit", exitCode };
      throw new ProtocolError("The exit event holds no exit code.", { code: "MALFORMED_EVENT", sandboxId });
    }
    case "error":
      throw new ApiError(`The command failed: ${asString(wire["message"]) ?? asString(wire["error"]) ?? "no reason given"}`, {
        code: asString(wire["code"]) ?? "EXEC_FAILED",
        sandboxId,
        details: wire,
      });
    default:
      return undefined;
  }
}

function parseObject(data: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(data);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined; // the caller says so, with the event's name
  }
}
