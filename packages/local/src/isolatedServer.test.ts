import { expect, onTestFinished, test } from "vitest";
import { call, createReady, createSandbox, exec } from "../test/callServer.js";
import { followStream } from "../test/followStream.js";
import { isObject } from "./isObject.js";
import { createLocalServer, type LocalServer, type LocalServerOptions } from "./index.js";

async function serve(options: LocalServerOptions = {}): Promise<LocalServer> {
  const server = await createLocalServer({ driver: "auto", isolation: "required", ...options });
  onTestFinished(() => server.close());
  return server;
}

async function rowOf(server: LocalServer, id: string): Promise<Readonly<Record<string, unknown>>> {
  return (await call(server, "GET", `/sandboxes/${id}`)).body;
}

test("a server that isolates says by which driver, and so does each sandbox with the phases of its start", async () => {
  const server = await serve();
  expect(server.driver).toEqual({ name: "bwrap", refused: [] });
  const row = await rowOf(server, await createReady(server));
  expect(row).toMatchObject({ isolation: "namespaces", boot_path: "cold", warm: false });
  const boot = Array.isArray(row["boot"]) ? row["boot"].filter(isObject) : [];
  expect(boot.map((entry) => entry["phase"])).toEqual(["allocating", "isolating", "starting_agent", "checking", "ready"]);
  const times = boot.map((entry) => Number(entry["at_ms"]));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(row["boot_ms"]).toBe(times.at(-1));
});

test("the phases of a start are events of the sandbox", async () => {
  const server = await serve({ autoStart: false });
  const id = await createSandbox(server);
  await using events = await followStream(server, `/sandboxes/${id}/events`);
  await call(server, "POST", `/computers/${id}/start`);
  const text = await events.until("sandbox.ready");
  const phases = [...text.matchAll(/event: sandbox\.phase\ndata: .*"phase":"(\w+)"/g)].map(([, phase]) => phase);
  expect(phases).toEqual(["allocating", "isolating", "starting_agent", "checking", "ready"]);
});

test("a sandbox that was booted ahead says so", async () => {
  const server = await serve({ warmPool: 1 });
  expect(await rowOf(server, await createReady(server))).toMatchObject({ boot_path: "warm", warm: true });
});

test("a sandbox whose code ends the agent is an error with a reason, and can be started again with its files", async () => {
  const server = await serve();
  const id = await createReady(server);
  await exec(server, id, "echo kept > file");
  expect([502, 409]).toContain((await exec(server, id, "kill -9 -1")).status);
  await expect.poll(async () => (await rowOf(server, id))["state"]).toBe("error");
  expect((await call(server, "GET", `/computers/${id}`)).body).toMatchObject({ status_reason: expect.stringContaining("ended by itself") });
  await call(server, "POST", `/computers/${id}/start`);
  await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect((await exec(server, id, "cat file")).body["output"]).toBe("kept\n");
});

test("CPU time is measured", async () => {
  const server = await serve();
  const id = await createReady(server);
  await exec(server, id, "perl -e '1 while times < 0.3'");
  const { data } = (await call(server, "GET", `/sandboxes/${id}/usage`)).body;
  expect(data).toMatchObject({ active_cpu_ms: expect.any(Number), measurement_status: { active_cpu: "measured" } });
});

test("a sandbox past its timeout is destroyed, and extending it puts that off", async () => {
  let now = Date.now();
  const server = await serve({ now: () => now });
  const [kept, ended] = await Promise.all([createReady(server), createReady(server)]);
  now += 3_000_000;
  await call(server, "POST", `/sandboxes/${kept}/extend`, { body: {} });
  now += 1_000_000;
  await expect.poll(async () => (await call(server, "GET", `/sandboxes/${ended}`)).status).toBe(404);
  expect(await rowOf(server, kept)).toMatchObject({ state: "running", timeout_remaining_ms: 2_600_000 });
});

test("an idle sandbox ends, one with a running command does not, and a persistent one is paused with its files", async () => {
  let now = Date.now();
  const server = await serve({ now: () => now });
  const create = async (more: object): Promise<string> => {
    const id = String((await call(server, "POST", "/sandboxes", { body: { idle_timeout_sec: 60, ...more } })).body["id"]);
    await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
    return id;
  };
  const [idle, busy, persistent] = await Promise.all([create({}), create({}), create({ persistent: true })]);
  await exec(server, persistent, "echo kept > file");
  await using told = await followStream(server, `/sandboxes/${busy}/events`);
  const running = exec(server, busy, "sleep 2; echo done");
  await told.until("event: sandbox.exec.started\n");
  now += 61_000;
  await expect.poll(async () => (await call(server, "GET", `/sandboxes/${idle}`)).status).toBe(404);
  await expect.poll(async () => (await rowOf(server, persistent))["state"]).toBe("paused");
  expect((await running).body["output"]).toBe("done\n");
  await call(server, "POST", `/sandboxes/${persistent}/resume`, { body: {} });
  await call(server, "GET", `/sandboxes/${persistent}/readiness/stream`);
  expect((await exec(server, persistent, "cat file")).body["output"]).toBe("kept\n");
});

test("isolation that is required is not traded for plain processes", async () => {
  await expect(createLocalServer({ driver: "process", isolation: "required" })).rejects.toThrow("isolates nothing");
});
