import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./installMissing.mjs";

/**
 * Runs a program of node_modules/.bin, or `node`, from the root without a stdin. Resolves to its exit code; 124 when it ran past
 * `timeoutMs`, after it and all it started were killed. With `quiet` its output is shown only when it fails.
 */
export async function runCommand([name, ...args], { quiet = false, timeoutMs }) {
  const program = name === "node" ? process.execPath : join(root, "node_modules/.bin", name);
  const output = quiet ? "pipe" : "inherit";
  // A group of its own, so that a browser or server which a hung test left behind ends with it.
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", output, output], detached: true });
  const chunks = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  child.stderr?.on("data", (chunk) => chunks.push(chunk));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child, "SIGKILL");
  }, timeoutMs);
  const onSignal = (signal) => {
    killGroup(child, signal);
    process.exitCode = 130;
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once("error", reject).once("close", (status) => resolve(status ?? 1));
    });
    if (timedOut) console.error(`${name} ran longer than ${timeoutMs / 1000} s and was killed`);
    if (quiet && code !== 0) process.stdout.write(Buffer.concat(chunks));
    return timedOut ? 124 : code;
  } catch (error) {
    console.error(`${name} could not be started: ${error.message}`);
    return 127;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function killGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it has ended by itself
  }
}
