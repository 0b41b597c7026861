import type { BoxExecution, SandboxBox } from "../drivers/driver.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { after } from "../timers.js";
import { createLineSplitter } from "./lineSplitter.js";

/** A command that runs without a client that waits for it. */
export interface BackgroundProcess {
  /** As the sandbox itself counts it. */
  readonly pid: string;
  readonly name: string;
  readonly command: string;
  readonly startedAt: number;
  readonly status: "running" | "exited";
  readonly exitCode: number | null;
  readonly execution: BoxExecution;
  /** The last `count` lines of its output. */
  tail(count: number): readonly ProcessLine[];
  /** Calls `listener` with each further line, and `onEnd` once, when it has ended. The returned function ends that. */
  follow(listener: (line: ProcessLine) => void, onEnd: () => void): () => void;
  /** Asks it to end, and kills it when it has not after five seconds. */
  end(): void;
}

/** A line of a process's output. */
export interface ProcessLine {
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

/** What is started. */
export interface ProcessRequest {
  readonly command: string;
  readonly name: string;
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** @default without end */
  readonly timeoutSec?: number;
}

/** The background processes of a server's sandboxes. Contract 4.17. */
export interface Processes {
  start(record: SandboxRecord, box: SandboxBox, request: ProcessRequest): Promise<BackgroundProcess>;
  list(record: SandboxRecord): readonly BackgroundProcess[];
  get(record: SandboxRecord, pid: string): BackgroundProcess | undefined;
}

const longestLine = 8_192;
const keptLines = 1_000;
/** Ended ones beyond this many are forgotten, the oldest first. */
const keptProcesses = 200;
const patienceMs = 5_000;

/** Makes the processes of one server. */
export function createProcesses(now: () => number): Processes {
  const all = new WeakMap<SandboxRecord, Map<string, BackgroundProcess>>();
  function of(record: SandboxRecord): Map<string, BackgroundProcess> {
    const found = all.get(record) ?? new Map<string, BackgroundProcess>();
    all.set(record, found);
    return found;
  }
  return {
    async start(record, box, request) {
      const started = await startProcess(box, request, now());
      const own = of(record);
      own.set(started.pid, started);
      const ended = [...own.values()].filter(({ status }) => status === "exited");
      for (const { pid } of ended.slice(0, Math.max(0, own.size - keptProcesses))) own.delete(pid);
      return started;
    },
    list: (record) => [...of(record).values()],
    get: (record, pid) => of(record).get(pid),
  };
}

async function startProcess(box: SandboxBox, request: ProcessRequest, startedAt: number): Promise<BackgroundProcess> {
  const { command, name, cwd, env, timeoutSec } = request;
  const lines: ProcessLine[] = [];
  const followers = new Set<{ readonly onLine: (line: ProcessLine) => void; readonly onEnd: () => void }>();
  const kill = new AbortController();
  let exitCode: number | null = null;
  let hasEnded = false;
  const splitterOf = (stream: ProcessLine["stream"]) =>
    createLineSplitter(longestLine, (line) => {
      lines.push({ stream, line });
      if (lines.length > keptLines) lines.shift();
      for (const { onLine } of followers) onLine({ stream, line });
    });
  const splitters = { stdout: splitterOf("stdout"), stderr: splitterOf("stderr") };
  const execution = await box.exec({
    argv: ["bash", "-c", command],
    ...(cwd !== undefined && { cwd }),
    env,
    stdin: true,
    signal: kill.signal,
    onOutput: (stream, bytes) => splitters[stream].add(bytes),
  });
  const callOff = timeoutSec === undefined ? () => {} : after(timeoutSec * 1_000, () => kill.abort(new Error("The process ran into its timeout.")));

  function settle(code: number | null): void {
    callOff();
    for (const splitter of Object.values(splitters)) splitter.end();
    [hasEnded, exitCode] = [true, code];
    for (const { onEnd } of followers) onEnd();
    followers.clear();
  }
  void execution.exited.then(
    (exit) => settle(exit.exitCode),
    () => settle(null), // the sandbox ended with it
  );

  return {
    pid: String(execution.pid),
    name,
    command,
    startedAt,
    execution,
    get status() {
      return hasEnded ? "exited" : "running";
    },
    get exitCode() {
      return exitCode;
    },
    tail: (count) => lines.slice(-count),
    follow(onLine, onEnd) {
      const follower = { onLine, onEnd };
      if (hasEnded) onEnd();
      else followers.add(follower);
      return () => void followers.delete(follower);
    },
    end() {
      if (hasEnded) return;
      execution.signal("SIGTERM");
      const callOffKill = after(patienceMs, () => kill.abort(new Error("The process did not end when it was asked to.")));
      void execution.exited.then(callOffKill, callOffKill);
    },
  };
}
