import { isRecord } from "../agent/isRecord.mjs";
import { createMux } from "../agent/mux.mjs";
import { type AgentMux, callAgent } from "./agentClient.js";
import { answerBox } from "./boxCalls.js";
import type { BootPhase } from "./driver.js";
import type { BoxPlace, Launcher } from "./launcher.js";

/** The processes of one box, from their start to their end. */
export interface AgentSession {
  readonly mux: AgentMux;
  /** Resolves once the agent has tested from inside what the launcher promises; rejects with what is not as promised. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when it ends, also when it was told to. */
  readonly ended: Promise<string>;
  /** Resolves when all processes have ended. */
  end(): Promise<void>;
}

/** How often a box is asked whether it still answers, and how long it may take. One that does not answer cannot keep its limits. */
const watchdog = { everyMs: 5_000, patienceMs: 10_000 } as const;

/** Longest time from the launch to the agent's first word. */
const startTimeoutMs = 20_000;

/** The launcher cannot make boxes here; the message says why and what to do. */
class LaunchError extends Error {
  override readonly name = "LaunchError";
}

/** Launches a box and follows its start. */
export function openAgentSession(
  launcher: Launcher,
  place: BoxPlace,
  onPhase: (phase: BootPhase) => void,
  /** What is done in the box before it is ready. */
  prepare: (mux: AgentMux) => Promise<void> = async () => {},
): AgentSession {
  onPhase("isolating");
  const launched = launcher.launch(place);
  const mux = createMux("server", launched.output, launched.input, answerBox(place.egress));
  const ended = follow();
  let isPaused = false;
  const calls: AgentMux = {
    ...mux,
    call(method, params, events) {
      if (method === "pause") isPaused = true;
      if (method === "resume") isPaused = false;
      return mux.call(method, params, events);
    },
  };

  async function follow(): Promise<string> {
    const [reason] = await Promise.all([Promise.race([mux.ended, launched.ended]), launched.ended]);
    mux.close(new Error("The sandbox ended."));
    const complaints = await launched.complaints();
    if (complaints !== "") return complaints;
    return reason instanceof Error ? reason.message : "Its processes were ended.";
  }

  async function start(): Promise<void> {
    await launched.isolated;
    onPhase("starting_agent");
    await callAgent(mux, "hello");
    onPhase("checking");
    const checks = await callAgent(mux, "selfTest", { seccomp: launcher.hasSeccomp });
    const failed = Array.isArray(checks) ? checks.filter((check) => !(isRecord(check) && check["ok"] === true)) : ["no answer"];
    if (failed.length > 0 || !Array.isArray(checks) || checks.length < 10) {
      throw new Error(`The sandbox is not what ${launcher.name} promises: ${JSON.stringify(failed).slice(0, 1_000)}`);
    }
  }

  async function startInTime(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The sandbox did not start within ${startTimeoutMs} ms.`)), startTimeoutMs);
    });
    const over = ended.then((reason) => {
      throw new Error(`${launcher.name} could not start the sandbox: ${reason}`);
    });
    try {
      await Promise.race([start(), late, over]);
      await Promise.race([prepare(mux), over]);
      onPhase("ready");
    } catch (error) {
      launched.kill();
      if (launched.isAbsent()) throw new LaunchError(launcher.advice.absent);
      // What the launcher complained about says more than that its pipes are closed.
      const complaints = await launched.complaints();
      throw complaints === "" ? error : new LaunchError(`${launcher.name} could not start the sandbox: ${complaints.replace(/\.*$/, ".")} ${launcher.advice.blocked}`);
    } finally {
      clearTimeout(timer);
    }
  }

  async function look(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), watchdog.patienceMs);
    });
    try {
      if ((await Promise.race([callAgent(mux, "hello"), late])) === "late" && !isPaused) launched.kill();
    } catch {
      // It ends, which `ended` tells.
    } finally {
      clearTimeout(timer);
    }
  }

  const ready = startInTime();
  ready.catch(() => {}); // whoever waits for it is told
  const timer = setInterval(() => void look(), watchdog.everyMs);
  timer.unref();
  void ended.then(() => clearInterval(timer));

  return {
    mux: calls,
    ready,
    ended,
    async end() {
      launched.kill();
      await launched.ended;
    },
  };
}
