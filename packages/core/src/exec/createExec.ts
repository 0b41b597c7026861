import { execRoutes, execTimeoutSec } from "@miosa/protocol";
import type { Exec } from "../client.js";
import { invalidArgument, ProtocolError } from "../errors.js";
import { asNumber, asString } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { requireId } from "../requireId.js";
import { camelize, unwrapOne } from "../wire.js";
import type { ExecResult } from "./types.js";

/** How much longer the HTTP call may take than the command itself, in milliseconds. */
const marginMs = 10_000;

/** The `exec` namespace over a transport. */
export function createExec(transport: Transport): Exec {
  return {
    async run(id, input, options = {}) {
      requireId(id);
      const { command, timeoutSec, cwd, env } = input;
      if (typeof command !== "string" || command === "") throw invalidArgument("command must be a non-empty string.");
      if (timeoutSec !== undefined && !(timeoutSec > 0 && timeoutSec <= execTimeoutSec.max)) {
        throw invalidArgument(`timeoutSec must be more than 0 and at most ${execTimeoutSec.max} seconds.`);
      }
      const timeoutMs = options.timeoutMs ?? (timeoutSec ?? execTimeoutSec.default) * 1000 + marginMs;
      const reply = await transport.call(execRoutes.run, {
        params: { id },
        body: { command, timeout: timeoutSec, working_dir: cwd, env },
        retry: false,
        options: { ...options, timeoutMs },
      });
      return resultFromWire(unwrapOne(reply, "result"));
    },
  };
}

function resultFromWire(wire: Record<string, unknown>): ExecResult {
  const exitCode = asNumber(wire["exit_code"]) ?? asNumber(wire["exitCode"]) ?? (wire["success"] === true ? 0 : undefined);
  if (exitCode === undefined) {
    throw new ProtocolError("The server sent no exit code, so the command's outcome is unknown.", { code: "INVALID_RESPONSE" });
  }
  const stderr = asString(wire["stderr"]) ?? "";
  const stdout = asString(wire["stdout"]) ?? asString(wire["output"]) ?? "";
  return {
    ...camelize(wire),
    output: asString(wire["output"]) ?? stdout + stderr,
    stdout,
    stderr,
    exitCode,
    success: exitCode === 0,
  };
}
