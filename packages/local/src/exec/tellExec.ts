import { randomUUID } from "node:crypto";
import type { WireEvent } from "@miosa/protocol";
import type { BoxCommand, BoxExecution, SandboxBox } from "../drivers/driver.js";
import type { EventLog } from "../events/eventLog.js";
import { type SandboxRecord, toTime } from "../sandboxes/sandboxRecord.js";
import { createLineSplitter } from "./lineSplitter.js";

/** A line longer than this is told in pieces, in characters. */
const longestLine = 8_192;

/** What telling needs. */
export interface TellParts {
  readonly sandboxEvents: EventLog;
  readonly now: () => number;
  /** Of each command's output, so much is told. */
  readonly outputLimitBytes: number;
}

/**
 * A box whose next command is told on the sandbox's own event stream: its start, each line of its output, and its end, with an
 * exit code of null when it was called off. Contract 5.2.
 */
export function tellExec(box: SandboxBox, { id }: SandboxRecord, command: string, parts: TellParts): SandboxBox {
  const common = { id, sandbox_id: id, exec_id: `exec_${randomUUID()}` };
  const eventOf = (type: string, more: object): WireEvent => ({ type, ...common, ts: toTime(parts.now()), ...more });
  const tell = (type: string, more: object): void => parts.sandboxEvents.publish(id, eventOf(type, more));
  return {
    ...box,
    async exec(given: BoxCommand): Promise<BoxExecution> {
      const startedAt = parts.now();
      let left = parts.outputLimitBytes;
      tell("sandbox.exec.started", { command });
      let lines: string[] = [];
      const splitters = { stdout: createLineSplitter(longestLine, (line) => lines.push(line)), stderr: createLineSplitter(longestLine, (line) => lines.push(line)) };
      const tellLines = (name: "stdout" | "stderr"): void => {
        parts.sandboxEvents.publishEach(id, lines, (line) => eventOf(`sandbox.exec.${name}`, { line }));
        lines = [];
      };
      const complete = (exitCode: number | null): void => {
        for (const name of ["stdout", "stderr"] as const) {
          splitters[name].end();
          tellLines(name);
        }
        tell("sandbox.exec.completed", { exit_code: exitCode, duration_ms: parts.now() - startedAt });
      };
      const onOutput: BoxCommand["onOutput"] = (name, bytes) => {
        splitters[name].add(bytes.subarray(0, left));
        tellLines(name);
        left = Math.max(0, left - bytes.byteLength);
        return given.onOutput(name, bytes);
      };
      try {
        const execution = await box.exec({ ...given, onOutput });
        void execution.exited.then(
          ({ exitCode }) => complete(given.signal?.aborted ? null : exitCode),
          () => complete(null),
        );
        return execution;
      } catch (error) {
        complete(null);
        throw error;
      }
    },
  };
}
