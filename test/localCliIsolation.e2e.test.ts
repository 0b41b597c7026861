import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const command = fileURLToPath(new URL("../packages/local/bin/miosa-local.js", import.meta.url));
const started: ChildProcess[] = [];
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "miosa-cli-"));
  await chmod(dataDir, 0o711); // sandboxes run as users of their own
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await rm(dataDir, { recursive: true, force: true });
});

interface Serving {
  child: ChildProcess;
  exited: Promise<unknown>;
  stdout: () => string;
  request(method: string, path: string, body?: object): Promise<string>;
}

async function serve(...args: string[]): Promise<Serving> {
  const child = spawn(process.execPath, [command, "--port", "0", "--data-dir", dataDir, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exited = once(child, "close");
  await expect.poll(() => output).toContain("MIOSA_API_KEY=");
  const [, baseUrl = ""] = /MIOSA_BASE_URL=(\S+)\n/.exec(output) ?? [];
  const [, key = ""] = /MIOSA_API_KEY=(\S+)\n/.exec(output) ?? [];
  const request = async (method: string, path: string, body?: object): Promise<string> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    return (await fetch(baseUrl + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })).text();
  };
  return { child, exited, stdout: () => output, request };
}

/** Makes a sandbox and starts a daemon in it that can be told by `marker`. */
async function startDaemon(server: Serving, marker: string): Promise<string> {
  const row = await server.request("POST", "/computers", { template_type: "miosa-sandbox" });
  const [, id = ""] = /"id":"([^"]+)"/.exec(row) ?? [];
  expect(await server.request("GET", `/sandboxes/${id}/readiness/stream`)).toContain("event: ready");
  await server.request("POST", `/computers/${id}/exec`, { command: `setsid bash -c 'exec -a ${marker} sleep 300' & echo started` });
  return id;
}

async function countProcesses(marker: string): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""))); // ended meanwhile
  return lines.filter((line) => line.split("\0")[0] === marker).length;
}

async function mountsOf(directory: string): Promise<string[]> {
  return (await readFile("/proc/self/mountinfo", "utf8")).split("\n").filter((line) => line.includes(directory));
}

describe.each(["bwrap", "unshare"])("--driver %s", (driver) => {
  test("says how sandboxes are isolated, and so does each sandbox, with the phases of its start", async () => {
    const server = await serve("--driver", driver);
    const isolation = driver === "bwrap" ? "namespaces" : "namespaces-noseccomp";
    expect(server.stdout()).toContain(`Isolation: ${isolation}, by ${driver}\n`);
    const id = await startDaemon(server, `told-${process.pid}`);
    const row: unknown = JSON.parse(await server.request("GET", `/computers/${id}`));
    expect(row).toMatchObject({ isolation, boot_path: "warm", warm: true, boot: [{ phase: "ready" }] });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s ends every process and removes every file", async (signal) => {
    const server = await serve("--driver", driver);
    const marker = `daemon-${signal}-${process.pid}`;
    await startDaemon(server, marker);
    await startDaemon(server, marker);
    await expect.poll(() => countProcesses(marker)).toBe(2);
    server.child.kill(signal);
    expect(await server.exited).toEqual([0, null]);
    expect([await countProcesses(marker), await readdir(dataDir), await mountsOf(dataDir)]).toEqual([0, [], []]);
  });

  test("SIGKILL of the server takes its sandboxes with it, and the next start removes their files", async () => {
    const server = await serve("--driver", driver);
    const marker = `orphan-${process.pid}`;
    await startDaemon(server, marker);
    await startDaemon(server, marker);
    server.child.kill("SIGKILL");
    await server.exited;
    await expect.poll(() => countProcesses(marker)).toBe(0);
    expect(await mountsOf(dataDir)).toEqual([]);
    const [left = ""] = await readdir(dataDir);
    expect(left).not.toBe("");
    const next = await serve("--driver", driver);
    expect(await readdir(dataDir)).not.toContain(left);
    next.child.kill("SIGTERM");
    await next.exited;
    expect(await readdir(dataDir)).toEqual([]);
  });
});

test("--require-isolation refuses plain processes", async () => {
  const child = spawn(process.execPath, [command, "--port", "0", "--driver", "process", "--require-isolation"], { stdio: ["ignore", "ignore", "pipe"] });
  started.push(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  expect(await once(child, "close")).toEqual([1, null]);
  expect(stderr).toContain("isolates nothing, and isolation is required");
});
