import { BoxRequestError } from "../drivers/driver.js";
import { HttpProblem } from "../http/httpProblem.js";
import { type RouteParts, runningBox, untilStopped } from "../routes/localRoute.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { runTool, type ToolCall, type ToolResult } from "./runTool.js";
import { type Display, removeSocket, startDisplay } from "./startDisplay.js";

/** What is run on a computer's screen. */
export interface ScreenCall extends Omit<ToolCall, "env"> {
  /** Whether the caller looks at the exit code itself. @default false: one that is not 0 is a 502 */
  readonly mayFail?: boolean;
}

/** The screens of a server's computers. Each is started when it is first needed, and ends with its computer. */
export interface Desktops {
  /** Runs a program on the computer's screen. Throws a 409 when the computer is not running or has no desktop's programs. */
  run(record: SandboxRecord, call: ScreenCall): Promise<ToolResult>;
  /** Runs `act` when all that was asked before of this computer's mouse and keyboard is done. */
  inTurn(record: SandboxRecord, act: () => Promise<void>): Promise<void>;
}

export function createDesktops(parts: RouteParts): Desktops {
  const displays = new WeakMap<SandboxRecord, Promise<Display>>();
  const turns = new WeakMap<SandboxRecord, Promise<void>>();

  async function start(record: SandboxRecord): Promise<Display> {
    const stopped = untilStopped(record, parts);
    try {
      const display = await startDisplay(runningBox(record, parts), stopped.signal);
      record.screen = display.env;
      followEnd(record, display);
      return display;
    } catch (error) {
      displays.delete(record);
      throw error;
    } finally {
      stopped.callOff();
    }
  }

  function followEnd(record: SandboxRecord, display: Display): void {
    const callOff = parts.store.onStatus(record, () => {
      const { status } = record;
      if (status === "running" || status === "paused") return;
      displays.delete(record);
      delete record.screen;
      if (status === "stopping" || status === "destroying") return;
      callOff();
      if (parts.driver.isolation === "none") removeSocket(display);
    });
  }

  async function displayOf(record: SandboxRecord): Promise<Display> {
    const known = displays.get(record);
    if (known) return known;
    const started = start(record);
    displays.set(record, started);
    return started;
  }

  async function runOnce(record: SandboxRecord, call: ScreenCall): Promise<ToolResult> {
    const box = runningBox(record, parts);
    const { env } = await displayOf(record);
    const stopped = untilStopped(record, parts);
    try {
      return await runTool(box, { ...call, env, signal: AbortSignal.any([call.signal, stopped.signal]) });
    } catch (error) {
      if (error instanceof BoxRequestError) throw new HttpProblem("AGENT_UNAVAILABLE", `The computer cannot run ${call.argv[0]}.`);
      throw error;
    } finally {
      stopped.callOff();
    }
  }

  return {
    async run(record, call) {
      let result = await runOnce(record, call);
      if (hasLostScreen(result)) {
        displays.delete(record); // the computer's own commands may have ended it
        result = await runOnce(record, call);
      }
      if (result.exitCode === 0 || call.mayFail) return result;
      throw new HttpProblem("AGENT_UNAVAILABLE", `The computer's ${call.argv[0]} failed.`, { details: { log: result.stderr.trim().slice(-400) } });
    },
    async inTurn(record, act) {
      const before = turns.get(record);
      const turn = afterwards(before, act);
      turns.set(record, turn);
      await turn;
    },
  };
}

async function afterwards(before: Promise<void> | undefined, act: () => Promise<void>): Promise<void> {
  await before?.catch(() => {}); // it was told to whoever asked for it
  await act();
}

function hasLostScreen({ exitCode, stderr }: ToolResult): boolean {
  return exitCode !== 0 && /(can't|failed to|unable to) open (the )?(X )?display/i.test(stderr);
}
