import { execTimeoutSec } from "@miosa/protocol";
import { invalidArgument, ProtocolError } from "../errors.js";
import { asNumber, asString, isRecord } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { requireNumber, requireObject, requireString } from "../requireArguments.js";
import { camelize, unwrapOne } from "../wire.js";
import type { ExecResult, PythonInput, RunInput, RunOptions, RunPlace } from "./types.js";

/** How much longer the HTTP call may take than the command itself, in milliseconds. */
const marginMs = 10_000;

/** Runs a shell command to its end. Never retried. `POST /computers/:id/exec`. */
export async function runCommand(transport: Transport, id: string, input: RunInput, options: RunOptions = {}): Promise<ExecResult> {
  requireObject("input", input);
  requireString("command", input.command);
  return run(transport, "POST /computers/:id/exec", id, { command: input.command }, input, options);
}

/** Runs Python code to its end. Never retried. `POST /computers/:id/exec/python`. */
export async function runPython(transport: Transport, id: string, input: PythonInput, options: RunOptions = {}): Promise<ExecResult> {
  requireObject("input", input);
  requireString("code", input.code);
  return run(transport, "POST /computers/:id/exec/python", id, { code: input.code }, input, options);
}

async function run(
  transport: Transport,
  route: "POST /computers/:id/exec" | "POST /computers/:id/exec/python",
  id: string,
  what: Record<string, string>,
  place: RunPlace,
  options: RunOptions,
): Promise<ExecResult> {
  const { cwd, env, timeoutSec } = checkedPlace(place);
  const reply = await transport.call(route, {
    params: { id },
    body: { ...what, timeout: timeoutSec, working_dir: cwd, env },
    retry: false,
    options: { ...options, timeoutMs: commandTimeoutMs(place, options) },
  });
  const wire = unwrapOne(reply, "result");
  // An answer with the output alone tells of a command that ran: contract 6.5 counts it as 0.
  const isSuccess = wire["success"] ?? typeof wire["output"] === "string";
  const exitCode = exitCodeOf(wire) ?? (isSuccess === true ? 0 : undefined);
  if (exitCode === undefined) {
    throw new ProtocolError("The server sent no exit code, so the command's outcome is unknown.", { code: "INVALID_RESPONSE", sandboxId: id });
  }
  const stderr = asString(wire["stderr"]) ?? "";
  const stdout = asString(wire["stdout"]) ?? asString(wire["output"]) ?? "";
  const output = asString(wire["output"]) ?? stdout + stderr;
  return { ...camelize(wire), output, stdout, stderr, exitCode, success: exitCode === 0 };
}

/** The exit code in an answer or event, by either of its names. */
export function exitCodeOf(wire: Readonly<Record<string, unknown>>): number | undefined {
  return asNumber(wire["exit_code"]) ?? asNumber(wire["exitCode"]);
}

/** The deadline of an HTTP call that runs a command: the command's own time and a margin. */
export function commandTimeoutMs(place: RunPlace, options: RunOptions): number {
  return options.timeoutMs ?? (place.timeoutSec ?? execTimeoutSec.default) * 1000 + marginMs;
}

/** Throws `INVALID_ARGUMENT` for a place or time that no server would take. */
export function checkedPlace<Place extends RunPlace>(place: Place): Place {
  if (place.timeoutSec !== undefined) requireNumber("timeoutSec", place.timeoutSec, 1, execTimeoutSec.max);
  if (place.cwd !== undefined) requireString("cwd", place.cwd);
  if (place.env !== undefined && !(isRecord(place.env) && Object.values(place.env).every((value) => typeof value === "string"))) {
    throw invalidArgument("env must be an object of strings.");
  }
  return place;
}
