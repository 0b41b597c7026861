import { createMiosaClient } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { expect, test } from "vitest";
import { answerJson, rejection, startRawTransport } from "../../test/rawTransport.js";

test("a computer is created, stopped, started, restarted, resized, cloned and destroyed", async () => {
  await using server = await createLocalServer();
  const { baseUrl, apiKey } = server;
  const { computers, exec, files } = createMiosaClient({ baseUrl, apiKey });
  const fast = { pollIntervalMs: 20, timeoutMs: 20_000 };
  const { id } = await computers.create({ name: "desk", size: "small" });
  expect((await computers.waitUntilRunning(id, fast)).state).toBe("running");
  await files.write(id, "kept.txt", "still here");
  await computers.stop(id);
  expect((await computers.waitUntilStopped(id, fast)).status).toBe("stopped");
  expect(await rejection(exec.run(id, { command: "true" }))).toMatchObject({ status: 409, code: "NOT_RUNNING" });
  await computers.start(id);
  await computers.waitUntilRunning(id, fast);
  expect(await files.readText(id, "kept.txt")).toBe("still here");
  await computers.restart(id);
  await computers.waitUntilRunning(id, fast);
  expect(await computers.resize(id, { size: "large" })).toMatchObject({ size: "large" });
  expect(await computers.update(id, { name: "new", metadata: { a_b: 1 } })).toMatchObject({ name: "new", metadata: { a_b: 1 } });
  expect(await rejection(computers.delete(id))).toMatchObject({ status: 409, code: "COMPUTER_RUNNING" });
  const copy = await computers.clone(id, { name: "copy" });
  expect(copy).toMatchObject({ name: "copy", size: "large" });
  await computers.waitUntilRunning(copy.id, fast);
  expect(await files.readText(copy.id, "kept.txt")).toBe("still here");
  await computers.destroy(id);
  await computers.destroy(copy.id);
  expect(server.sandboxes.count).toBe(0);
});

test.each([404, 405])("resizes by POST on a server that answers the PATCH with %s", async (status) => {
  await using raw = await startRawTransport((request, response) => {
    if (request.method === "PATCH") answerJson(response, status, {});
    else answerJson(response, 200, { computer: { id: "a", size: "xl", status: "active" } });
  });
  const { computers } = createMiosaClient({ baseUrl: raw.server.url });
  expect(await computers.resize("a", { cpu: 16, memoryMb: 32_768 })).toMatchObject({ size: "xl", state: "running" });
  expect(raw.server.requests.map(({ method }) => method)).toEqual(["PATCH", "POST"]);
});

test("a wait for a state fails at once when the computer has, and at its deadline otherwise", async () => {
  await using failed = await startRawTransport((_, response) => answerJson(response, 200, { id: "a", status: "error" }));
  const waits = { timeoutMs: 30_000, pollIntervalMs: 5 };
  expect(await rejection(createMiosaClient({ baseUrl: failed.server.url }).computers.waitUntilRunning("a", waits))).toMatchObject({ code: "COMPUTER_ERROR", sandboxId: "a" });
  expect(failed.server.requests).toHaveLength(1);
  await using starting = await startRawTransport((_, response) => answerJson(response, 200, { id: "a", status: "provisioning" }));
  const error = await rejection(createMiosaClient({ baseUrl: starting.server.url }).computers.waitUntilRunning("a", { timeoutMs: 1_500, pollIntervalMs: 5 }));
  expect(error).toMatchObject({ name: "TimeoutError", sandboxId: "a" });
  expect(starting.server.requests.length).toBeGreaterThan(1);
});

test.each([
  [{ size: "gigantic" }, /size must be one of xs, small/],
  [{ name: 3 }, /name must be a string/],
  [{ metadata: [] }, /metadata must be an object/],
  [{ externalUserId: 7 }, /externalUserId must be a string/],
  ["text", /input must be an object/],
])("a create of %o is refused before any request", async (input, message) => {
  await using raw = await startRawTransport((_, response) => void response.end());
  const { computers } = createMiosaClient({ baseUrl: raw.server.url });
  const work: unknown = Reflect.apply(computers.create, undefined, [input]);
  const error = await rejection(Promise.resolve(work));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) });
  expect(raw.server.requests).toHaveLength(0);
});

test("a list comes out of every envelope, and over all pages of both styles and of cursors", async () => {
  const computer = (id: string) => ({ id, status: "running", template_type: "miosa-sandbox" });
  for (const body of [[computer("a")], { data: [computer("a")] }, { computers: [computer("a")] }, { sandboxes: [computer("a")] }, { items: [computer("a")] }]) {
    await using raw = await startRawTransport((_, response) => answerJson(response, 200, body));
    expect((await createMiosaClient({ baseUrl: raw.server.url }).sandboxes.list()).map(({ id }) => id)).toEqual(["a"]);
  }
  for (const style of ["meta", "page", "cursor"]) {
    await using raw = await startRawTransport((request, response) => {
      const query = new URL(request.url ?? "", "http://x").searchParams;
      const page = style === "cursor" ? Number(query.get("cursor") ?? 0) + 1 : Number(query.get("page") ?? 1);
      const ids = [["a", "b"], ["c", "d"], ["e"]][page - 1] ?? [];
      const beside = {
        meta: { meta: { total: 5, page, per_page: 2 } },
        page: { page: { total: 5, page, page_size: 2 } },
        cursor: page < 3 ? { next_cursor: String(page) } : {},
      };
      answerJson(response, 200, { data: ids.map(computer), ...(style === "meta" ? beside.meta : style === "page" ? beside.page : beside.cursor) });
    });
    const { sandboxes } = createMiosaClient({ baseUrl: raw.server.url });
    expect((await sandboxes.list()).map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
    const some: string[] = [];
    for await (const { id } of sandboxes.each({}, { pageSize: 2 })) {
      some.push(id);
      if (id === "c") break;
    }
    expect(some).toEqual(["a", "b", "c"]);
    expect(raw.server.requests).toHaveLength(5);
  }
});

test("one computer comes out of every envelope, with what stands beside it", async () => {
  for (const body of [{ id: "a" }, { data: { id: "a" }, extra_info: 1 }, { computer: { id: "a" }, extra_info: 1 }]) {
    await using raw = await startRawTransport((_, response) => answerJson(response, 200, body));
    const computer = await createMiosaClient({ baseUrl: raw.server.url }).computers.get("a");
    expect(computer).toMatchObject({ id: "a", state: "unknown", ...("extra_info" in body && { extraInfo: 1 }) });
  }
});
