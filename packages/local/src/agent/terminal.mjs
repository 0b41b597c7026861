import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { Readable } from "node:stream";

/** @import { ChildProcess } from "node:child_process" */
/** @typedef {{ readonly rows: number, readonly columns: number }} TerminalSize */

/** The descriptor on which a terminal says, with one byte, that it has its first size. */
const settledFd = 3;

/**
 * Command line that runs another one on a terminal of its own, through `script` of util-linux.
 * @param {readonly string[]} argv
 * @param {TerminalSize} size
 */
export function terminalArgv(argv, { rows, columns }) {
  const inner = `stty rows ${size(rows)} cols ${size(columns)}; echo >&${settledFd}; exec ${settledFd}>&-; exec ${argv.map(quote).join(" ")}`;
  return ["script", "--quiet", "--return", "--flush", "--command", inner, "/dev/null"];
}

/**
 * Sizes a terminal. What is asked for before it has its first size waits until then, and of several sizes the last one wins.
 * @param {number} scriptPid
 * @param {unknown} settled what the program of {@link terminalArgv} has at its fourth descriptor
 */
export function createResizer(scriptPid, settled) {
  /** @type {TerminalSize | undefined} */
  let wanted;
  /** Something is under way after which `wanted` is looked at: the first size, or another one. */
  let isBusy = settled instanceof Readable;
  /** @type {(() => void)[]} */
  let waiting = [];

  function next() {
    const child = wanted && startSizing(scriptPid, wanted);
    wanted = undefined;
    isBusy = child !== undefined;
    child?.once("error", next); // a terminal keeps its size where there is no stty
    child?.once("exit", next);
    if (isBusy) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }
  if (settled instanceof Readable) {
    settled.on("error", () => {}); // `close` follows
    settled.once("data", () => settled.destroy());
    settled.once("close", next); // or it has ended before
  }
  return {
    /** @param {TerminalSize} given */
    resize(given) {
      wanted = given;
      if (!isBusy) next();
    },
    /** Resolves once the terminal has the size that was asked for last. @returns {Promise<void>} */
    sized: () => new Promise((resolve) => void (isBusy ? waiting.push(resolve) : resolve())),
    close: () => void (settled instanceof Readable && settled.destroy()),
  };
}

/**
 * The process that `script` has started on the terminal, which leads a session of its own.
 * @param {number} scriptPid
 * @returns {number | undefined} undefined before it is there and after it has ended
 */
export function terminalLeader(scriptPid) {
  try {
    const pid = Number(readFileSync(`/proc/${scriptPid}/task/${scriptPid}/children`, "latin1").trim().split(" ")[0]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined; // ended meanwhile
  }
}

/**
 * Changes the size of the terminal, of which the kernel tells the processes on it.
 * @param {number} scriptPid
 * @param {TerminalSize} wanted
 * @returns {ChildProcess | undefined} undefined when the terminal is not there any more
 */
function startSizing(scriptPid, { rows, columns }) {
  const leader = terminalLeader(scriptPid);
  if (leader === undefined) return undefined;
  /** @type {string} */
  let terminal;
  try {
    terminal = readlinkSync(`/proc/${leader}/fd/0`);
  } catch {
    return undefined; // ended meanwhile
  }
  if (!/^\/dev\/pts\/\d+$/.test(terminal)) return undefined;
  return spawn("stty", ["-F", terminal, "rows", size(rows), "cols", size(columns)], { stdio: "ignore" });
}

/** @param {number} value */
function size(value) {
  return String(Math.min(Math.max(Math.trunc(value), 1), 1_000));
}

/** @param {string} word */
function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
