import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMiosaClient, type MiosaClient } from "../packages/core/src/index.js";

const command = fileURLToPath(new URL("../packages/local/bin/miosa-local.js", import.meta.url));
/** A busy machine takes its time. */
const started: ChildProcess[] = [];
let parent: string;
let stateDir: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "miosa-kept-"));
  await chmod(parent, 0o711); // boxes' own users pass through it
  stateDir = join(parent, "state");
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await rm(parent, { recursive: true, force: true, maxRetries: 5 });
});

interface Served {
  readonly key: string;
  readonly miosa: MiosaClient;
  readonly output: () => string;
  /** Ends the command by a signal and resolves with its exit code, null when it could not say one. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function run(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [command, "--port", "0", "--state-dir", stateDir, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { child, output: () => output };
}

async function serve(driver: string): Promise<Served> {
  const { child, output } = run("--driver", driver);
  await expect.poll(output).toContain("MIOSA_API_KEY=");
  const [, baseUrl = ""] = /export MIOSA_BASE_URL=(\S+)\n/.exec(output()) ?? [];
  const [, key = ""] = /export MIOSA_API_KEY=(\S+)\n/.exec(output()) ?? [];
  return {
    key,
    miosa: createMiosaClient({ apiKey: key, baseUrl }),
    output,
    async end(signal) {
      const closed = once(child, "close");
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}

/** How many processes were started under a name. */
async function countProcesses(name: string): Promise<number> {
  const pids = (await readdir("/proc")).filter((each) => /^\d+$/.test(each));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""))); // ended meanwhile
  return lines.filter((line) => line.split("\0")[0] === name).length;
}

function names(place: string): Promise<string[]> {
  return readdir(join(stateDir, place));
}

describe.each(["bwrap", "unshare", "process"])("with %s", (driver) => {
  test.each(["SIGTERM", "SIGKILL"] as const)("after %s the next start has the sandboxes with their files, the same key, and nothing else", async (signal) => {
    const first = await serve(driver);
    const { id } = await first.miosa.sandboxes.createReady({ name: "kept", externalWorkspaceId: "w" });
    const { id: deleted } = await first.miosa.sandboxes.createReady({ name: "deleted" });
    const daemon = `daemon-${randomUUID()}`;
    await first.miosa.exec.run(id, { command: `echo kept > file; echo home > ~/file; setsid bash -c 'exec -a ${daemon} sleep 300' & sleep 0.1` });
    await first.miosa.sandboxes.delete(deleted);
    expect(await first.end(signal)).toBe(signal === "SIGTERM" ? 0 : null);

    const second = await serve(driver);
    expect(second.key).toBe(first.key);
    expect(await second.miosa.sandboxes.list()).toMatchObject([{ id, name: "kept", status: "stopped", externalWorkspaceId: "w" }]);
    await expect.poll(() => countProcesses(daemon)).toBe(0);
    await second.miosa.computers.start(id);
    expect(await second.miosa.sandboxes.waitUntilReady(id, { timeoutMs: 15_000 })).toBe(true);
    expect((await second.miosa.exec.run(id, { command: "cat file ~/file; echo more >> file && cat file" })).output).toBe("kept\nhome\nkept\nmore\n");
    await second.miosa.sandboxes.delete(id);
    expect(await second.end("SIGTERM")).toBe(0);
    for (const place of ["boxes", "saved", "kept", "set-aside"]) expect([place, await names(place)]).toEqual([place, []]);
  });

  test("killed in the midst of creating and destroying, it has what it acknowledged, and removes the rest", async () => {
    const first = await serve(driver);
    const [whole, ...others] = await Promise.all(Array.from({ length: 4 }, () => first.miosa.sandboxes.createReady({})));
    if (!whole) throw new Error("no sandbox");
    await first.miosa.exec.run(whole.id, { command: "echo kept > file" });
    const created: string[] = [];
    const destroyed: string[] = [];
    const work = [
      ...Array.from({ length: 12 }, async () => void created.push((await first.miosa.computers.create({})).id)),
      ...others.map(async ({ id }) => {
        await first.miosa.sandboxes.delete(id);
        destroyed.push(id);
      }),
    ];
    const settled = Promise.allSettled(work);
    await expect.poll(() => created.length, { interval: 1 }).toBeGreaterThan(3);
    await first.end("SIGKILL");
    await settled;

    const second = await serve(driver);
    const ids = (await second.miosa.computers.list()).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([whole.id, ...created]));
    expect(ids.filter((id) => destroyed.includes(id))).toEqual([]);
    await second.miosa.computers.start(whole.id);
    expect(await second.miosa.sandboxes.waitUntilReady(whole.id, { timeoutMs: 15_000 })).toBe(true);
    expect((await second.miosa.exec.run(whole.id, { command: "cat file" })).output).toBe("kept\n");
    await Promise.all(ids.map((id) => second.miosa.computers.destroy(id)));
    expect(await second.end("SIGTERM")).toBe(0);
    for (const place of ["boxes", "saved", "kept", "set-aside"]) expect([place, await names(place)]).toEqual([place, []]);
  });
});

test("what it prints says where the sandboxes are kept, and that stopping keeps them", async () => {
  const server = await serve("process");
  expect(server.output()).toContain(`State: ${stateDir}\n`);
  expect(server.output()).toContain("Ctrl-C stops all sandboxes, and the next start has them.");
  await server.end("SIGINT");
  expect(server.output()).toContain(`SIGINT: stopping all sandboxes. They are kept in ${stateDir}.`);
  expect(server.output().split(server.key)).toHaveLength(2);
});

test("a second command on the same directory ends with 1 and says why", async () => {
  await serve("process");
  const second = run("--driver", "process");
  await once(second.child, "close");
  expect([second.child.exitCode, second.output()]).toEqual([1, `miosa-local: Another server uses the state directory ${stateDir}. Stop that one, or choose another directory.\n`]);
});
