import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** @typedef {{ readonly rows: number, readonly columns: number }} TerminalSize */

/**
 * Command line that runs another one on a terminal of its own, through `script` of util-linux.
 * @param {readonly string[]} argv
 * @param {TerminalSize} size
 */
export function terminalArgv(argv, { rows, columns }) {
  const inner = `stty rows ${size(rows)} cols ${size(columns)}; exec ${argv.map(quote).join(" ")}`;
  return ["script", "--quiet", "--return", "--flush", "--command", inner, "/dev/null"];
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
 */
export function resizeTerminal(scriptPid, { rows, columns }) {
  const leader = terminalLeader(scriptPid);
  if (leader === undefined) return;
  /** @type {string} */
  let terminal;
  try {
    terminal = readlinkSync(`/proc/${leader}/fd/0`);
  } catch {
    return; // ended meanwhile
  }
  if (!/^\/dev\/pts\/\d+$/.test(terminal)) return;
  const child = spawn("stty", ["-F", terminal, "rows", size(rows), "cols", size(columns)], { stdio: "ignore" });
  child.once("error", () => {}); // a terminal keeps its size where there is no stty
}

/** @param {number} value */
function size(value) {
  return String(Math.min(Math.max(Math.trunc(value), 1), 1_000));
}

/** @param {string} word */
function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
