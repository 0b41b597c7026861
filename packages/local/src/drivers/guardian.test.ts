import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { isRunning, untilEnded } from "../../test/isRunning.js";
import { mkdtempDisposable } from "../../test/temporaryDirectory.js";
import { createBwrapDriver } from "./isolatingDrivers.js";
import { createGuardian } from "./guardian.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const programs = `${root}node_modules/.cache/guardian`;
beforeAll(async () => {
  const entryPoints = ["guardianOwner", "launchOwner"].map((name) => fileURLToPath(new URL(`../../test/${name}.ts`, import.meta.url)));
  await build({ entryPoints, outdir: programs, outExtension: { ".js": ".mjs" }, bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "warning" });
});

/** Starts a program that a test kills, and resolves with its first line. */
async function startOwner(name: string, ...args: string[]): Promise<{ owner: ChildProcess; line: string }> {
  const owner = spawn(process.execPath, [join(programs, `${name}.mjs`), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void owner.kill("SIGKILL"));
  const [line]: unknown[] = await once(createInterface(owner.stdout), "line");
  return { owner, line: String(line) };
}

/** A group of two processes. */
function startGroup(): number {
  const { pid = 0 } = spawn("bash", ["-c", "sleep 600 & sleep 600"], { detached: true, stdio: "ignore" });
  onTestFinished(() => end(-pid));
  return pid;
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended, which is what most tests are about.
  }
}

/** This process's guardians. */
async function guardians(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "args=", "--ppid", String(process.pid)]);
  return stdout.split("\n").filter((line) => line.includes("miosa-guardian"));
}

test("groups that are watched end with an owner that is killed, and those that were called off go on", async () => {
  const groups = Array.from({ length: 5 }, startGroup);
  const [first, second, third, fourth, unwatched] = groups;
  const { owner } = await startOwner("guardianOwner", `+${first}`, `+${second}`, `+${third}`, `+${fourth}`, `-${second}`, `-${fourth}`, `+${fourth}`, `-${first}`);
  owner.kill("SIGKILL");
  for (const group of [third, fourth]) await untilEnded(group ?? 0);
  for (const group of [first, second, unwatched]) expect(await isRunning(group ?? 0)).toBe(true);
});

test("what bwrap has begun when its server is killed ends too, however little that is", async () => {
  await using directory = await mkdtempDisposable();
  const standIn = join(directory.path, "bwrap");
  // A first process that waits for its parent, which dies with the server, as the real one does for a moment.
  await writeFile(standIn, "#!/bin/bash\nsleep 600 <&- >&- 2>&- &\necho $!\nexec setpriv --pdeathsig KILL sleep 600\n");
  await chmod(standIn, 0o755);
  const { owner, line } = await startOwner("launchOwner", standIn);
  const waiting = Number(line);
  onTestFinished(() => end(waiting));
  expect(await isRunning(waiting)).toBe(true);
  owner.kill("SIGKILL");
  await untilEnded(waiting);
});

test("a guardian that was ended is followed by another one, which knows all groups", async () => {
  const guardian = createGuardian();
  const callOff = guardian.watch(startGroup());
  const { stdout } = await promisify(execFile)("pgrep", ["-P", String(process.pid), "-f", "miosa-guardian"]);
  process.kill(Number(stdout), "SIGKILL");
  await expect.poll(guardians).toEqual([]);
  callOff();
  const group = startGroup();
  guardian.watch(group);
  expect(await guardians()).toHaveLength(1);
  await guardian.close();
  expect(await guardians()).toEqual([]);
  await untilEnded(group);
});

test("a driver that is closed has no guardian any more", async () => {
  const driver = createBwrapDriver();
  expect(await driver.probe()).toEqual({ ok: true });
  expect(await guardians()).toHaveLength(1);
  await driver.close();
  expect(await guardians()).toEqual([]);
});
