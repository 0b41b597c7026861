import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { expect, test } from "vitest";
import { call, createReady, exec } from "../../test/callServer.js";
import { stateServers, type StateServers } from "../../test/stateServers.js";

const isRoot = process.getuid?.() === 0;

/** A state directory that holds one stopped sandbox with a file. */
async function withOneSandbox(): Promise<{ servers: StateServers; id: string }> {
  const servers = await stateServers();
  const server = await servers.start();
  const id = await createReady(server);
  await exec(server, id, "echo kept > file");
  await server.close();
  return { servers, id };
}

/** Changes the entries of a state directory that no server uses. */
async function change({ stateDir }: StateServers, work: (level: ClassicLevel) => Promise<void>): Promise<void> {
  const level = new ClassicLevel(join(stateDir, "db"));
  await level.open();
  await work(level);
  await level.close();
}

test("the key is made once, kept where nobody else can read it, and accepted by every server of the directory", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const file = join(servers.stateDir, "api-key");
  expect(await readFile(file, "utf8")).toBe(`${first.apiKey}\n`);
  expect([(await stat(file)).mode & 0o777, (await stat(servers.stateDir)).mode & 0o777]).toEqual([0o600, 0o700]);
  await chmod(file, 0o644);
  const second = await servers.restart();
  expect(second.apiKey).toBe(first.apiKey);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const third = await servers.restart({ apiKeys: ["msk_u_given"] });
  expect((await call(third, "GET", "/computers", { key: first.apiKey })).status).toBe(401);
  expect(await readFile(file, "utf8")).not.toContain("msk_u_given");
});

test("a server of boxes with users of their own lets these through its directory, and nobody look into it", async () => {
  const servers = await stateServers({ driver: "bwrap" });
  await servers.start();
  expect((await stat(servers.stateDir)).mode & 0o777).toBe(isRoot ? 0o711 : 0o700);
  for (const name of ["db", "saved", "kept", "set-aside"]) expect((await stat(join(servers.stateDir, name))).mode & 0o777).toBe(0o700);
});

test("a second server on the same directory is refused and leaves the first alone", async () => {
  const { servers, id } = await withOneSandbox();
  await using first = await servers.start();
  await expect(servers.start({ driver: "bwrap" })).rejects.toMatchObject({ code: "STATE_LOCKED", message: `Another server uses the state directory ${servers.stateDir}. Stop that one, or choose another directory.` });
  await call(first, "POST", `/computers/${id}/start`);
  await call(first, "GET", `/sandboxes/${id}/readiness/stream`);
  expect((await exec(first, id, "cat file")).body["output"]).toBe("kept\n");
});

test.each([
  ['{"format":"miosa-local-state","version":2}', /is of version 2, and this server knows version 1 alone\. Use the version/],
  ['{"format":"another"}', /is not of a state directory/],
  ["", /is not of a state directory/],
])("a directory of the format %j is refused and not touched", async (format, message) => {
  const { servers } = await withOneSandbox();
  await writeFile(join(servers.stateDir, "format.json"), format);
  await expect(servers.start()).rejects.toMatchObject({ code: "STATE_FORMAT", message: expect.stringMatching(message) });
  expect([await servers.list("boxes"), await readFile(join(servers.stateDir, "format.json"), "utf8")]).toEqual([[expect.any(String)], format]);
});

test("a directory with other files in it is refused", async () => {
  const servers = await stateServers();
  await mkdir(servers.stateDir);
  await writeFile(join(servers.stateDir, "thesis.txt"), "mine");
  await expect(servers.start()).rejects.toMatchObject({ code: "STATE_FORMAT" });
  expect(await readdir(servers.stateDir)).toEqual(["thesis.txt"]);
});

test.each([
  ["no JSON", '{"id":'],
  ["a field of another kind", '{"id":"x","status":"running"}'],
])("a record that is %s is told by its key, and nothing is removed", async (_, text) => {
  const { servers, id } = await withOneSandbox();
  await change(servers, (level) => level.put(`sandbox:${id}`, text));
  await expect(servers.start()).rejects.toMatchObject({ code: "STATE_CORRUPT", message: expect.stringContaining(`The entry sandbox:${id} in the database`) });
  expect(await servers.list("boxes")).toHaveLength(1);
});

test("a record cannot lead the server out of its directory", async () => {
  const { servers, id } = await withOneSandbox();
  await change(servers, async (level) => {
    const text = await level.get(`sandbox:${id}`);
    await level.put(`sandbox:${id}`, String(text).replace(/"box":"[^"]*"/, '"box":"../../etc"'));
  });
  await expect(servers.start()).rejects.toMatchObject({ code: "STATE_CORRUPT" });
});

test("a damaged database is told, and nothing is removed", async () => {
  const { servers } = await withOneSandbox();
  const current = join(servers.stateDir, "db/CURRENT");
  await writeFile(current, "nonsense\n");
  await expect(servers.start()).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  expect(await servers.list("boxes")).toHaveLength(1);
});

test("files of a sandbox whose record was lost are set aside and told, not removed", async () => {
  const { servers, id } = await withOneSandbox();
  await rm(join(servers.stateDir, "db"), { recursive: true });
  const told: unknown[] = [];
  const server = await servers.start({ onError: (error) => told.push(error) });
  expect(server.sandboxes.count).toBe(0);
  expect([await servers.list("boxes"), await servers.list("set-aside")]).toEqual([[], [id]]);
  expect(await readFile(join(servers.stateDir, "set-aside", id, "workspace/file"), "utf8")).toBe("kept\n");
  expect(String(told)).toContain(join(servers.stateDir, "set-aside", id));
  await servers.restart();
  expect(await servers.list("set-aside")).toEqual([id]);
});

test("what belongs to no sandbox is removed at the next start", async () => {
  const { servers, id } = await withOneSandbox();
  for (const place of ["boxes/half-made/workspace", "boxes/half-made/home", "saved/files-half"]) await mkdir(join(servers.stateDir, place), { recursive: true });
  await writeFile(join(servers.stateDir, "kept/half-destroyed"), "");
  await servers.start();
  expect([await servers.list("boxes"), await servers.list("saved"), await servers.list("kept")]).toEqual([[id], [], [id]]);
});

test("a sandbox whose files are gone says so and does not pretend to be whole", async () => {
  const { servers, id } = await withOneSandbox();
  await rm(join(servers.stateDir, "boxes", id), { recursive: true });
  const server = await servers.start();
  expect((await call(server, "GET", `/computers/${id}`)).body).toMatchObject({ status: "error", status_reason: expect.stringContaining("files could not be found again") });
});

test("a run that a killed server has left open ends when that server was last known to run", async () => {
  const { servers, id } = await withOneSandbox();
  const at = Date.UTC(2030, 0, 1);
  await change(servers, async (level) => {
    for await (const [key, text] of level.iterator({ gte: "session:", lt: "session;" })) {
      const { endedAt: _, ...session } = JSON.parse(text);
      await level.put(key, JSON.stringify({ ...session, startedAt: at }));
    }
    await level.put("server:alive", JSON.stringify(at + 90_000));
  });
  const server = await servers.start({ now: () => at + 5_000_000 });
  const { data } = (await call(server, "GET", `/sandboxes/${id}/usage`)).body;
  expect(data).toMatchObject({ runtime_sec: 90 });
});

test("a driver that keeps nothing is refused", async () => {
  const servers = await stateServers();
  const forgetful = { name: "forgetful", isolation: "full", probe: async () => ({ ok: true as const }), create: () => Promise.reject(new Error("not reached")), list: () => [], close: async () => {} };
  await expect(servers.start({ driver: forgetful })).rejects.toThrow("The driver forgetful cannot keep sandboxes");
  await servers.start();
});

test("keys that cannot work are refused before a directory is made", async () => {
  const servers = await stateServers();
  await expect(servers.start({ apiKeys: ["sk_wrong"] })).rejects.toThrow("a key must start with");
  await expect(servers.list("")).rejects.toThrow("ENOENT");
});

// What only root can try out; another user's server is refused by the system itself.
const asRoot = isRoot ? { owner: 65_534, code: "STATE_OWNER" } : { owner: process.getuid?.() ?? 0, code: undefined };

test("another user's directory is refused", async () => {
  const { servers } = await withOneSandbox();
  await chown(servers.stateDir, asRoot.owner, asRoot.owner);
  const outcome = await servers.start().then(() => ({ code: undefined }), (error: unknown) => error);
  expect(outcome).toMatchObject({ code: asRoot.code });
});
