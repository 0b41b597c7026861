import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const command = fileURLToPath(new URL("../packages/local/bin/miosa-local.js", import.meta.url));
let dataDir: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "miosa-cli-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await rm(dataDir, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  exitCode: Promise<number>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exitCode = once(child, "close").then(([code]) => Number(code));
  return { child, stdout: () => stdout, stderr: () => stderr, exitCode };
}

/** Starts the command and reads what it prints to be pasted. */
async function serve(...args: string[]): Promise<Run & { baseUrl: string; key: string }> {
  const running = run("--port", "0", "--data-dir", dataDir, ...args);
  await expect.poll(running.stdout).toContain("MIOSA_API_KEY=");
  const [, baseUrl = ""] = /export MIOSA_BASE_URL=(\S+)\n/.exec(running.stdout()) ?? [];
  const [, key = ""] = /export MIOSA_API_KEY=(\S+)\n/.exec(running.stdout()) ?? [];
  return { ...running, baseUrl, key };
}

async function post(server: { baseUrl: string; key: string }, path: string, body: object): Promise<string> {
  const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/json" };
  const response = await fetch(server.baseUrl + path, { method: "POST", headers, body: JSON.stringify(body) });
  return response.text();
}

test("--help and --version print and end with 0", async () => {
  const help = run("--help");
  expect(await help.exitCode).toBe(0);
  expect(help.stdout()).toContain("Usage: miosa-local");
  const version = run("--version");
  expect(await version.exitCode).toBe(0);
  expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("what it prints can be pasted, says loudly that nothing is isolated, and shows each request without secrets", async () => {
  const server = await serve();
  expect(server.stdout()).toMatch(/^ {2}!!! NO ISOLATION: .+ !!!$/m);
  expect(await post(server, "/computers?ticket=sset_hidden", {})).toContain('"isolation":"none"');
  await expect.poll(server.stdout).toMatch(/^\d\d:\d\d:\d\d 201 POST {3}\/api\/v1\/computers [\d.]+ ms$/m);
  expect(server.stdout()).not.toContain("sset_hidden");
  expect(server.stdout().split(server.key)).toHaveLength(2);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s destroys all sandboxes, their processes and their files", async (signal) => {
  const server = await serve();
  const [, id] = /"id":"([^"]+)"/.exec(await post(server, "/computers", { template_type: "miosa-sandbox" })) ?? [];
  const headers = { authorization: `Bearer ${server.key}` };
  await (await fetch(`${server.baseUrl}/sandboxes/${id}/readiness/stream`, { headers })).text();
  const output = await post(server, `/computers/${id}/exec`, { command: "setsid sleep 300 & echo $!; sleep 300 & echo $!" });
  const pids = (/"output":"(\d+)\\n(\d+)\\n"/.exec(output) ?? []).slice(1);
  expect(pids).toHaveLength(2);
  const waiting = post(server, `/computers/${id}/exec`, { command: "sleep 300" }).catch(() => "cut");
  expect(await readdir(dataDir)).toHaveLength(1);

  server.child.kill(signal);
  expect(await server.exitCode).toBe(0);
  await waiting;
  expect(await readdir(dataDir)).toEqual([]);
  for (const pid of pids) {
    // Gone, or ended and waiting to be reaped by whoever adopts orphans on this machine.
    const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "gone");
    expect(stat).toMatch(/^gone$|\) Z /);
  }
});

test("a taken port ends with 1 and says what to do", async () => {
  const server = await serve();
  const second = run("--port", new URL(server.baseUrl).port);
  expect(await second.exitCode).toBe(1);
  expect(second.stderr()).toMatch(/^miosa-local: Port \d+ is taken\. .*--port/);
});

test.each([["--port", "x"], ["--port", "65536"], ["--wrong"], ["stray"], ["--host", "0.0.0.0"], ["--key", "sk_other"], ["--allow-origin", "*"]])(
  "%s %s ends with 1 and a line on stderr",
  async (...args) => {
    const wrong = run("--data-dir", dataDir, "--port", "0", ...args);
    expect(await wrong.exitCode).toBe(1);
    expect(wrong.stderr()).toMatch(/^miosa-local: .+/);
    expect(wrong.stderr()).not.toMatch(/\n\s+at |sk_other/);
  },
);

test("--json writes one object a line, with the keys that are given", async () => {
  const server = run("--port", "0", "--json", "--key", "msk_u_first", "--key", "msk_u_second", "--data-dir", dataDir);
  if (!server.child.stdout) throw new Error("no stdout");
  const lines = createInterface({ input: server.child.stdout })[Symbol.asyncIterator]();
  const first: unknown = JSON.parse(String((await lines.next()).value));
  expect(first).toMatchObject({ type: "started", apiKey: "msk_u_first", isolation: "none", url: expect.stringMatching(/^http:\/\/127/) });
  const [, baseUrl = ""] = /"baseUrl":"([^"]+)"/.exec(server.stdout()) ?? [];
  expect(await post({ baseUrl, key: "msk_u_second" }, "/computers", {})).toContain('"id"');
  expect(JSON.parse(String((await lines.next()).value))).toMatchObject({ type: "request", route: "POST /computers", status: 201 });
  server.child.kill("SIGTERM");
  expect(await server.exitCode).toBe(0);
  expect(server.stdout()).not.toContain("msk_u_second");
});

test("--allow-egress is told at the start, and so is each connection that a sandbox does not get", async () => {
  const server = run("--port", "0", "--json", "--driver", "bwrap", "--warm", "0", "--key", "msk_u_first", "--allow-egress", "api.test", "--allow-egress", "*.example.com:443");
  await expect.poll(server.stdout).toContain('"type":"started"');
  expect(server.stdout()).toContain('"egress":["api.test","*.example.com:443"]');
  const [, baseUrl = ""] = /"baseUrl":"([^"]+)"/.exec(server.stdout()) ?? [];
  const [, id = ""] = /"id":"([^"]+)"/.exec(await post({ baseUrl, key: "msk_u_first" }, "/computers", { template_type: "miosa-sandbox" })) ?? [];
  await fetch(`${baseUrl}/sandboxes/${id}/readiness/stream`, { headers: { authorization: "Bearer msk_u_first" } }).then((response) => response.text());
  expect(await post({ baseUrl, key: "msk_u_first" }, `/computers/${id}/exec`, { command: "curl -s http://other.test/path?token=hush" })).toContain("--allow-egress other.test:80");
  await expect.poll(server.stdout).toContain(JSON.stringify({ type: "egress", sandboxId: id, outcome: "refused", target: "other.test:80", reason: "is not on the list" }));
  expect(server.stdout()).not.toContain("hush");
  server.child.kill("SIGTERM");
  expect(await server.exitCode).toBe(0);
});

test("a reader of its output that goes away leaves no sandbox behind", async () => {
  const server = await serve();
  server.child.stdout?.destroy();
  for (let i = 0; i < 20; i += 1) await post(server, "/computers", {});
  server.child.kill("SIGTERM");
  expect(await server.exitCode).toBe(0);
  expect(await readdir(dataDir)).toEqual([]);
});

test("a program after -- finds the server in its environment, has standard output to itself, and gives its exit code", async () => {
  const script = 'const r = await fetch(process.env.MIOSA_BASE_URL + "/computers", { headers: { authorization: "Bearer " + process.env.MIOSA_API_KEY } }); console.log(r.status, process.argv[1]); process.exitCode = 7';
  const running = run("--data-dir", dataDir, "--", process.execPath, "--input-type=module", "-e", script, "--", "--port");
  expect(await running.exitCode).toBe(7);
  expect(running.stdout()).toBe("200 --port\n");
  expect(running.stderr()).toMatch(/^MIOSA local server on http:\/\/127/);
  expect(running.stderr()).not.toContain("msk_");
  expect(await readdir(dataDir)).toEqual([]);
});

test("SIGTERM ends the program first, then the sandboxes that it made", async () => {
  const script = 'await fetch(process.env.MIOSA_BASE_URL + "/computers", { method: "POST", body: "{}", headers: { "content-type": "application/json", authorization: "Bearer " + process.env.MIOSA_API_KEY } }); console.log("made"); setInterval(() => {}, 1000)';
  const running = run("--data-dir", dataDir, "--", process.execPath, "--input-type=module", "-e", script);
  await expect.poll(running.stdout).toBe("made\n");
  running.child.kill("SIGTERM");
  expect(await running.exitCode).toBe(143);
  expect(await readdir(dataDir)).toEqual([]);
});

test.each([[["--"], "-- must be followed by"], [["--", "no-such-program"], "no-such-program could not be started"]])("%j ends with 1 and says why", async (args, reason) => {
  const wrong = run("--data-dir", dataDir, ...args);
  expect(await wrong.exitCode).toBe(1);
  expect(wrong.stderr()).toContain(`miosa-local: ${reason}`);
  expect(await readdir(dataDir)).toEqual([]);
});
