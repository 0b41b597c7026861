import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Answer, call, createReady, exec } from "../../test/callServer.js";
import { createLocalServer, type LocalServer, type LocalServerOptions } from "../index.js";
import { isObject } from "../isObject.js";

const mebi = 1_048_576;
/** Room for ten mebibytes, of which the sandbox has six. */
const limitGb = (10 * mebi) / 1_000_000_000;

interface Setup {
  readonly server: LocalServer;
  readonly id: string;
}

/** A sandbox of six mebibytes whose user may store ten. */
async function setup(options: LocalServerOptions = {}): Promise<Setup> {
  const server = await createLocalServer(options);
  onTestFinished(() => server.close());
  await call(server, "PUT", "/quotas/external/u", { body: { max_storage_gb: limitGb } });
  const id = await createReady(server, { external_user_id: "u" });
  await fill(server, id, "six", 6);
  return { server, id };
}

const fill = (server: LocalServer, id: string, name: string, mebibytes: number) => exec(server, id, `head -c ${mebibytes * mebi} /dev/urandom > ${name}`);
const content = (mebibytes: number): string => Buffer.alloc(Math.round(mebibytes * mebi)).toString("base64");
const write = ({ server, id }: Setup, path: string, mebibytes: number) => call(server, "POST", `/computers/${id}/files/write`, { body: { path, content_base64: content(mebibytes) } });
const saying = ({ status, body }: Answer): unknown => [status, body["code"], isObject(body["details"]) && body["details"]["quota"]];
const refused = [403, "QUOTA_EXCEEDED", "max_storage_gb"];

async function storedMebibytes({ server }: Setup): Promise<number> {
  const { usage } = (await call(server, "GET", "/quotas/external/u")).body;
  return Math.round((Number(isObject(usage) && usage["storage_gb"]) * 1_000_000_000) / mebi);
}

const large = { bodyLimitBytes: 32 * mebi };

describe.each(["bwrap", "unshare", "process"] as const)("the storage of an end user, with %s", (driver) => {
  test("is what all the user's sandboxes and snapshots take up, running, paused or stopped", async () => {
    const made = await setup({ driver });
    const { server, id } = made;
    expect(await storedMebibytes(made)).toBe(6);
    await call(server, "POST", `/sandboxes/${id}/pause`);
    expect(await storedMebibytes(made)).toBe(6);
    await call(server, "POST", `/sandboxes/${id}/resume`);
    await call(server, "PUT", "/quotas/external/u", { body: {} });
    await call(server, "POST", `/sandboxes/${id}/snapshots`, { body: {} });
    expect(await storedMebibytes(made)).toBe(12);
    await createReady(server, { external_user_id: "other" });
    await call(server, "POST", `/computers/${id}/stop`);
    await expect.poll(async () => (await call(server, "GET", `/computers/${id}`)).body["status"]).toBe("stopped");
    expect(await storedMebibytes(made)).toBe(12);
    await call(server, "DELETE", `/computers/${id}`);
    expect(await storedMebibytes(made)).toBe(0);
  });

  test("takes what fits and refuses what does not, whichever way it is written", async () => {
    const made = await setup({ driver, ...large });
    const { server, id } = made;
    expect((await write(made, "three", 3)).status).toBe(200);
    expect(saying(await write(made, "two", 2))).toEqual(refused);
    expect((await exec(server, id, "ls two")).body["exit_code"]).not.toBe(0);
    const many = (await call(server, "POST", `/sandboxes/${id}/files/write-many`, { body: { files: [{ path: "small", content_base64: content(0.25) }, { path: "two", content_base64: content(2) }] } })).body["data"];
    expect(many).toMatchObject({ written: [{ path: "/workspace/small" }], failed: [{ path: "two", error: expect.stringContaining("max_storage_gb") }] });
    expect(saying(await call(server, "POST", `/sandboxes/${id}/files`, { body: { path: "two", content: content(2) } }))).toEqual(refused);
    const form = new FormData();
    form.set("path", "/workspace/two");
    form.set("file", new Blob([new Uint8Array(2 * mebi)]), "two");
    const upload = await fetch(`${server.baseUrl}/computers/${id}/files/upload`, { method: "POST", headers: { authorization: `Bearer ${server.apiKey}` }, body: form });
    expect([upload.status, (await upload.text()).includes("QUOTA_EXCEEDED")]).toEqual([403, true]);
    expect(saying(await call(server, "POST", `/computers/${id}/files/copy`, { body: { from: "three", to: "another" } }))).toEqual(refused);
    expect((await exec(server, id, "ls")).body["output"]).toBe("six\nsmall\nthree\n");
  });

  test("has room again for what replaces something, and once something is removed", async () => {
    const made = await setup({ driver, ...large });
    expect((await write(made, "three", 3)).status).toBe(200);
    expect((await write(made, "three", 3.5)).status).toBe(200);
    expect(saying(await write(made, "three", 5))).toEqual(refused);
    await exec(made.server, made.id, "rm six");
    expect((await write(made, "three", 5)).status).toBe(200);
  });
});

test("storage that is used up by a command stops every way to more, and lets what is there be emptied", async () => {
  const made = await setup();
  const { server, id } = made;
  const persistent = String((await call(server, "POST", "/sandboxes", { body: { persistent: true, external_user_id: "u" } })).body["id"]);
  await call(server, "GET", `/sandboxes/${persistent}/readiness/stream`);
  await call(server, "POST", `/sandboxes/${persistent}/pause`);
  const stopped = await createReady(server, { external_user_id: "u", template_type: "miosa-desktop" });
  await call(server, "POST", `/computers/${stopped}/stop`);
  await expect.poll(async () => (await call(server, "GET", `/computers/${stopped}`)).body["status"]).toBe("stopped");
  await fill(server, id, "five", 5);
  const body = { external_user_id: "u", command: "true" };
  const ways = ["/computers", "/sandboxes", "/sandboxes/run", `/computers/${id}/clone`, `/sandboxes/${id}/fork`, `/sandboxes/${id}/snapshots`, `/computers/${stopped}/start`, `/computers/${stopped}/restart`, `/sandboxes/${persistent}/resume`, `/computers/${persistent}/exec`];
  for (const way of ways) expect([way, saying(await call(server, "POST", way, { body }))]).toEqual([way, refused]);
  const socket = new WebSocket(`${server.baseUrl.replace("http", "ws")}/computers/${persistent}/exec/spawn?command=true`, { headers: { authorization: `Bearer ${server.apiKey}` } });
  expect(await new Promise((resolve) => socket.once("error", (error) => resolve(error.message)))).toBe("Unexpected server response: 403");
  expect((await call(server, "POST", "/computers", { body: { external_user_id: "free" } })).status).toBe(201);
  expect((await exec(server, id, "rm five; echo emptied")).body["output"]).toBe("emptied\n");
  expect((await call(server, "POST", `/sandboxes/${persistent}/resume`, { body: {} })).status).toBe(200);
});

test("a visitor of a preview does not wake a sandbox whose user's storage is used up", async () => {
  const { server, id } = await setup();
  const persistent = String((await call(server, "POST", "/sandboxes", { body: { persistent: true, external_user_id: "u" } })).body["id"]);
  await call(server, "GET", `/sandboxes/${persistent}/readiness/stream`);
  const preview = (await call(server, "POST", `/sandboxes/${persistent}/previews`, { body: { port: 3_000 } })).body["data"];
  await call(server, "POST", `/sandboxes/${persistent}/pause`);
  await fill(server, id, "five", 5);
  expect((await fetch(isObject(preview) ? String(preview["url"]) : "")).status).toBe(502);
  expect((await call(server, "GET", `/sandboxes/${persistent}`)).body["state"]).toBe("paused");
});

test("a copy that would not fit is refused, and a limit of nothing lets nothing be made", async () => {
  const { server, id } = await setup();
  for (const way of [`/computers/${id}/clone`, `/sandboxes/${id}/fork`, `/sandboxes/${id}/snapshots`]) expect([way, saying(await call(server, "POST", way, { body: {} }))]).toEqual([way, refused]);
  await call(server, "PUT", "/quotas/external/none", { body: { max_storage_gb: 0 } });
  expect(saying(await call(server, "POST", "/computers", { body: { external_user_id: "none" } }))).toEqual(refused);
});
