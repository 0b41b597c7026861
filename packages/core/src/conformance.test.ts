import { createMiosaClient, isApiError, type MiosaClient } from "@miosa/core";
import { describe, expect, test } from "vitest";
import { answerJson, bodyOf, rejection, startRawTransport } from "../test/rawTransport.js";

// The numbers are those of the API's conformance vectors; 1 to 5 are in readiness/waitUntilReady.wire.test.ts.

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** A client of each collection before a server that answers everything with `reply`. */
async function start(reply: unknown = { id: "box-1", state: "running", status: "running" }, status = 200) {
  const asked: Asked[] = [];
  const raw = await startRawTransport(async (request, response) => {
    const text = (await bodyOf(request)).toString();
    asked.push({ method: request.method ?? "", path: request.url ?? "", body: text === "" ? undefined : JSON.parse(text) });
    if (status === 204) response.writeHead(204).end();
    else if (reply === undefined) response.writeHead(status).end();
    else answerJson(response, status, reply);
  });
  const client = (sandboxApi: "computers" | "sandboxes"): MiosaClient => createMiosaClient({ baseUrl: raw.server.url, retries: 0, sandboxApi });
  return { asked, native: client("sandboxes"), spec: client("computers"), [Symbol.asyncDispose]: () => raw.server.close() };
}

test("6: a native create of nothing sends its template and nothing else", async () => {
  await using it = await start();
  await it.native.sandboxes.create({});
  expect(it.asked).toEqual([{ method: "POST", path: "/sandboxes", body: { template_id: "miosa-sandbox" } }]);
});

test("7: the three numbers of a size add its name, and others are refused before any request", async () => {
  await using it = await start();
  await it.native.sandboxes.create({ cpuCount: 4, memoryMb: 8_192, diskSizeMb: 20_480 });
  expect(it.asked.map(({ body }) => body)).toEqual([{ template_id: "miosa-sandbox", cpu_count: 4, memory_mb: 8_192, disk_size_mb: 20_480, size: "medium" }]);
  for (const numbers of [{ cpuCount: 4, memoryMb: 8_192 }, { cpuCount: 3, memoryMb: 8_192, diskSizeMb: 20_480 }]) {
    expect(await rejection(it.native.sandboxes.create(numbers))).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(it.asked).toHaveLength(1);
});

test("8: a create of the spec names the sandbox template, unless the caller names one", async () => {
  await using it = await start();
  await it.spec.sandboxes.create({ name: "x" });
  await it.spec.sandboxes.create({ templateType: "other" });
  expect(it.asked.map(({ path, body }) => [path, body])).toEqual([
    ["/computers", { name: "x", template_type: "miosa-sandbox" }],
    ["/computers", { template_type: "other" }],
  ]);
});

test("9: a list keeps the sandboxes, in every envelope", async () => {
  const rows = [
    { id: "a", template_type: "miosa-sandbox" },
    { id: "b", template_type: "miosa-desktop" },
  ];
  for (const reply of [rows, { data: rows }, { computers: rows }]) {
    await using it = await start(reply);
    expect((await it.spec.sandboxes.list()).map(({ id }) => id)).toEqual(["a"]);
  }
});

test("10: an extend without a value sends an empty body, and a negative one is refused before any request", async () => {
  await using it = await start();
  await it.native.sandboxes.extend("box-1");
  await it.native.sandboxes.extend("box-1", { timeoutSec: 7_200 });
  expect(await rejection(it.native.sandboxes.extend("box-1", { timeoutSec: -1 }))).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(it.asked.map(({ path, body }) => [path, body])).toEqual([
    ["/sandboxes/box-1/extend", {}],
    ["/sandboxes/box-1/extend", { timeout_sec: 7_200 }],
  ]);
});

describe("11: a refusal keeps its status", () => {
  test.each([401, 402, 403, 404, 422, 429, 500])("%i", async (status) => {
    await using it = await start({ message: "refused", ...(status === 429 && { retry_after: 5.0 }) }, status);
    const error = await rejection(it.spec.sandboxes.get("box-1"));
    expect(isApiError(error)).toBe(true);
    expect(error).toMatchObject({ status, ...(status === 429 && { retryAfterMs: 5_000 }) });
  });
});

test("13: an answer without a body is a success", async () => {
  for (const status of [204, 200]) {
    await using it = await start(undefined, status);
    expect(await it.spec.sandboxes.delete("box-1")).toBeUndefined();
    expect(await it.native.sandboxes.delete("box-1")).toBeUndefined();
  }
});

test("14: input on the screen is sent under the API's names", async () => {
  await using it = await start({ success: true });
  const { desktop } = it.spec;
  await desktop.click("box-1", { x: 100, y: 200 });
  await desktop.drag("box-1", { from: { x: 1, y: 2 }, to: { x: 3, y: 4 } });
  await desktop.scroll("box-1", { at: { x: 5, y: 6 }, direction: "down" });
  await desktop.launch("box-1", "xterm");
  expect(it.asked.map(({ path, body }) => [path.replace("/computers/box-1/desktop/", ""), body])).toEqual([
    ["click", { x: 100, y: 200 }],
    ["drag", { from_x: 1, from_y: 2, to_x: 3, to_y: 4 }],
    ["scroll", { x: 5, y: 6, direction: "down", clicks: 3, amount: 3 }],
    ["launch", { app: "xterm", app_name: "xterm" }],
  ]);
});

test("15: a name is encoded in the path", async () => {
  await using it = await start();
  await it.native.sandboxes.getByName("customer builder");
  expect(it.asked.map(({ path }) => path)).toEqual(["/sandboxes/by-name/customer%20builder"]);
});

test("16: a command that was not found is a result", async () => {
  await using it = await start({ output: "", stderr: "command not found", exit_code: 127 });
  expect(await it.spec.exec.run("box-1", { command: "nope" })).toMatchObject({ output: "", stderr: "command not found", exitCode: 127, success: false });
});
