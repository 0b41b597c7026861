import { spawn } from "node:child_process";
import { constants } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { BoxRequestError } from "./requestError.mjs";
import { createResizer, terminalArgv, terminalLeader } from "./terminal.mjs";

/** @import { Readable, Writable } from "node:stream" */
/** @import { BoxCommand, BoxExecution, BoxExit } from "../drivers/driver.js" */

/**
 * Starts a command as the leader of its own process group. Rejects when it cannot be started at all.
 * @param {Pick<BoxCommand, "argv" | "signal" | "stdin" | "tty" | "onOutput">} command
 * @param {{ cwd: string, env: Readonly<Record<string, string>>, prefix?: readonly string[] }} place where it is started, and a program that starts it
 * @returns {Promise<BoxExecution>}
 */
export async function startCommand(command, { cwd, env, prefix = [] }) {
  command.signal?.throwIfAborted();
  const { tty } = command;
  if (tty && process.platform !== "linux") throw new BoxRequestError("tty", "needs Linux");
  const [file = "", ...args] = [...prefix, ...(tty ? terminalArgv(command.argv, tty) : command.argv)];
  const child = spawn(file, args, { cwd, env: { ...env, ...(tty && { TERM: "xterm-256color" }) }, detached: true, stdio: tty ? ["pipe", "pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe"] });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error("The command has no pipes.");
  const output = passOutput(stdout, stderr, command);
  const input = openInput(stdin, command.stdin === true || tty !== undefined);
  const ended = new Promise((/** @type {(exit: BoxExit) => void} */ resolve) => child.once("exit", (code, signal) => resolve(toExit(code, signal))));
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const pid = child.pid ?? 0;
  const resizer = tty && createResizer(pid, child.stdio[3]);

  /** @param {NodeJS.Signals} name */
  function kill(name) {
    const leader = tty ? terminalLeader(pid) : undefined;
    if (leader !== undefined) signalGroup(leader, name);
    if (leader === undefined || name === "SIGKILL") signalGroup(pid, name);
  }
  const onAbort = () => kill("SIGKILL");
  command.signal?.addEventListener("abort", onAbort, { once: true });
  if (command.signal?.aborted) onAbort();
  const exited = ended.then(async (exit) => {
    command.signal?.removeEventListener("abort", onAbort);
    await output.drained();
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
    resizer?.close();
    return exit;
  });

  return {
    pid,
    exited,
    signal: kill,
    async write(bytes) {
      await resizer?.sized(); // what is typed after a change of size is read after it
      await input.write(bytes);
    },
    endInput: input.end,
    resize: (rows, columns) => resizer?.resize({ rows, columns }),
  };
}

/**
 * @param {Writable} stdin
 * @param {boolean} isOpen
 */
function openInput(stdin, isOpen) {
  stdin.on("error", () => {}); // the command closed its input or has ended: what comes now is dropped
  if (!isOpen) stdin.end();
  return {
    /** @param {Uint8Array} bytes */
    write: (bytes) =>
      new Promise((/** @type {(value: void) => void} */ resolve) => {
        if (!stdin.writable) return resolve();
        const done = () => {
          stdin.off("close", done);
          resolve();
        };
        stdin.once("close", done);
        stdin.write(bytes, done);
      }),
    end: () => void stdin.end(),
  };
}

/**
 * Passes output on, and can tell when all that was written before now has been read and taken.
 * @param {Readable} stdout
 * @param {Readable} stderr
 * @param {Pick<BoxCommand, "onOutput">} command
 */
function passOutput(stdout, stderr, command) {
  let pieces = 0;
  /** @type {Set<Promise<unknown>>} */
  const waiting = new Set();

  /**
   * @param {"stdout" | "stderr"} stream
   * @param {Readable} source
   */
  function pass(stream, source) {
    source.on("data", (/** @type {Uint8Array} */ bytes) => {
      pieces += 1;
      const taken = command.onOutput(stream, bytes);
      if (!(taken instanceof Promise)) return;
      source.pause();
      /** @type {Promise<unknown>} */
      const settled = goOn(taken, source).then(() => waiting.delete(settled));
      waiting.add(settled);
    });
  }
  pass("stdout", stdout);
  pass("stderr", stderr);

  return {
    // A background child may keep the pipes open for ever, so the end of the pipes says nothing about the command.
    // The event loop polls the pipes once a turn: two turns without a piece mean that they were empty.
    async drained() {
      for (let quiet = 0; quiet < 2 && !(stdout.closed && stderr.closed); ) {
        const before = pieces;
        await Promise.all(waiting);
        await nextTurn();
        quiet = pieces === before && waiting.size === 0 ? quiet + 1 : 0;
      }
    },
  };
}

/**
 * @param {Promise<void>} taken
 * @param {Readable} source
 */
async function goOn(taken, source) {
  try {
    await taken;
  } catch {
    // Whoever could not take the output says so elsewhere; the command goes on.
  }
  source.resume();
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 * @returns {BoxExit}
 */
function toExit(code, signal) {
  if (signal) return { exitCode: 128 + constants.signals[signal], signal };
  return { exitCode: code ?? 0 };
}

/**
 * Sends a signal to a process group; a group that has ended already is no error.
 * @param {number} leader
 * @param {NodeJS.Signals} name
 */
function signalGroup(leader, name) {
  if (leader === 0) return;
  try {
    process.kill(-leader, name);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

/**
 * True for the error that says that a process is not there.
 * @param {unknown} error
 */
export function isNoSuchProcess(error) {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
