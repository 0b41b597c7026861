import { createMiosaClient, isProtocolError, isTimeoutError, type MiosaClient } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { patienceMs } from "../../../../test/patience.js";
import { answerJson, bodyOf, forceGarbageCollection, rejection, startRawTransport } from "../../test/rawTransport.js";

async function collect(miosa: MiosaClient, timeoutMs = patienceMs): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of miosa.exec.stream("a", { command: "x" }, { timeoutMs })) events.push(event);
  return events;
}

function streamOf(text: string) {
  return startRawTransport((_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(text));
}

test.each([
  ["by data.type", 'event: message\ndata: {"type":"stdout","line":"a"}\n\ndata: {"type":"exit","exit_code":0}\n\n'],
  ["by event name", 'event: stdout\ndata: {"line":"a"}\n\nevent: exit\ndata: {"exitCode":0}\n\n'],
  ["as the public docs name them", 'event: output\ndata: {"line":"a"}\n\nevent: exit\ndata: {"exit_code":0}\n\ndata: [DONE]\n\n'],
  ["with an exit cut off by the end", 'event: stdout\ndata: {"line":"a"}\n\nevent: exit\ndata: {"exit_code":0}'],
  ["with kinds we do not know", 'event: later\ndata: {}\n\nevent: stdout\ndata: {"line":"a"}\n\nevent: exit\ndata: {"exit_code":0}\n\n'],
])("reads the stream's events %s", async (_, text) => {
  await using raw = await streamOf(text);
  expect(await collect(createMiosaClient({ baseUrl: raw.server.url }))).toEqual([{ type: "stdout", line: "a" }, { type: "exit", exitCode: 0 }]);
});

test.each([
  ["that ends without exit", 'event: stdout\ndata: {"line":"a"}\n\n', "STREAM_CLOSED"],
  ["with data that is no JSON", "event: stdout\ndata: {oops\n\n", "MALFORMED_EVENT"],
  ["with an exit without a code", "event: exit\ndata: {}\n\n", "MALFORMED_EVENT"],
])("a stream %s is a ProtocolError, never exit 0", async (_, text, code) => {
  await using raw = await streamOf(text);
  const error = await rejection(collect(createMiosaClient({ baseUrl: raw.server.url })));
  expect(isProtocolError(error)).toBe(true);
  expect(error).toMatchObject({ code, sandboxId: "a" });
});

test("a stream that is cut off is a NetworkError, and one that never ends a TimeoutError", async () => {
  await using cut = await startRawTransport((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write('event: stdout\ndata: {"line":"a"}\n\n', () => response.destroy());
  });
  expect(await rejection(collect(createMiosaClient({ baseUrl: cut.server.url })))).toMatchObject({ name: "NetworkError", code: "STREAM_LOST" });
  await using stuck = await startRawTransport((_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n"));
  expect(isTimeoutError(await rejection(collect(createMiosaClient({ baseUrl: stuck.server.url }), 1_000)))).toBe(true);
  await expect.poll(() => stuck.openRequests()).toBe(0);
});

test.each([{ stdout: "hi" }, { output: "hi", success: false }, { job_id: "j" }])("a result without an exit code is unknown, not success: %j", async (answer) => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, answer));
  expect(await rejection(createMiosaClient({ baseUrl: raw.server.url }).exec.run("a", { command: "x" }))).toMatchObject({ code: "INVALID_RESPONSE", sandboxId: "a" });
});

test("a server that answers with the output alone means exit code 0, as the API's first client reads it", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, { data: { output: "hi\n" } }));
  expect(await createMiosaClient({ baseUrl: raw.server.url }).exec.run("a", { command: "x" })).toMatchObject({ output: "hi\n", exitCode: 0, success: true });
});

test("a command is sent once, with its own names, and its HTTP deadline follows its own", async () => {
  const bodies: unknown[] = [];
  await using raw = await startRawTransport(async (request, response) => {
    bodies.push(JSON.parse((await bodyOf(request)).toString()));
    answerJson(response, 503, {}, { "retry-after": "0" });
  });
  const { exec } = createMiosaClient({ baseUrl: raw.server.url, timeoutMs: 1, retries: 5 });
  expect(await rejection(exec.run("a", { command: "x", cwd: "/w", timeoutSec: 60, env: { A: "1" } }))).toMatchObject({ status: 503 });
  expect(bodies).toEqual([{ command: "x", timeout: 60, working_dir: "/w", env: { A: "1" } }]);
});

test("Python runs, with its own quoting left alone", async () => {
  await using server = await createLocalServer();
  const { sandboxes, exec } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await sandboxes.createReady();
  expect(await exec.python(id, { code: `print('$HOME "x"')\nimport sys; sys.exit(4)` })).toMatchObject({ output: '$HOME "x"\n', exitCode: 4, success: false });
});

test("a reader that pauses holds the command back, and nothing is lost", async () => {
  await using server = await createLocalServer();
  const { sandboxes, exec } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await sandboxes.createReady();
  const command = 'for i in $(seq 1 100000); do echo "$i 0123456789012345678901234567890123456789012345678901234567890123456789"; echo $i > progress; done';
  const lines = exec.stream(id, { command, timeoutSec: 60 });
  await lines.next();
  let last = "";
  await expect
    .poll(async () => {
      const before = last;
      last = (await exec.run(id, { command: "cat progress; sleep 0.2" })).output;
      return before === last;
    })
    .toBe(true);
  expect(Number(last)).toBeLessThan(100_000);
  let wanted = 2;
  for await (const event of lines) {
    if (event.type !== "stdout" || Number.parseInt(event.line, 10) !== wanted) break;
    wanted += 1;
    if (wanted > 5_000) break;
  }
  expect(wanted).toBe(5_001);
}, 60_000);

const socketOption: { webSocket?: typeof globalThis.WebSocket } = {};
Object.assign(socketOption, { webSocket: WebSocket });

test("a terminal has its size, is told of a new one, and ends with its connection", async () => {
  await using server = await createLocalServer();
  const { sandboxes, exec } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, ...socketOption });
  const { id } = await sandboxes.createReady();
  const command = 'stty size; while [ "$(stty size)" = "31 97" ]; do sleep 0.02; done; stty size; sleep 30';
  await using child = await exec.spawn(id, { command, terminal: { rows: 31, cols: 97 } });
  let text = "";
  for await (const { bytes } of child.output) {
    text += new TextDecoder().decode(bytes);
    if (text.includes("31 97")) child.resize({ rows: 40, cols: 120 });
    if (text.includes("40 120")) break;
  }
  expect(text).toContain("40 120");
  child.close();
  expect(await rejection(child.exitCode)).toMatchObject({ code: "STREAM_CLOSED" });
});

test("an interactive command's input can be ended, and large input is not lost", async () => {
  await using server = await createLocalServer();
  const { sandboxes, exec } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, ...socketOption });
  const { id } = await sandboxes.createReady();
  await using child = await exec.spawn(id, { command: "wc -c" });
  for (let piece = 0; piece < 64; piece++) await child.write(new Uint8Array(65_536));
  child.endInput();
  let text = "";
  for await (const { bytes } of child.output) text += new TextDecoder().decode(bytes);
  expect([text.trim(), await child.exitCode]).toEqual([String(64 * 65_536), 0]);
  await expect(child.write("more")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

/** A WebSocket server whose every message the test decides. */
async function startSocketServer(onSocket: (socket: WebSocket) => void) {
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  sockets.on("connection", onSocket);
  await new Promise((resolve) => sockets.once("listening", resolve));
  const address = sockets.address();
  const baseUrl = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return {
    miosa: createMiosaClient({ baseUrl, ...socketOption }),
    clients: sockets.clients,
    [Symbol.asyncDispose]: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
}

test.each([
  ["closes before the exit frame", (socket: WebSocket) => socket.close(1000), "STREAM_CLOSED"],
  ["sends an exit frame that is too short", (socket: WebSocket) => socket.send(Buffer.from([3, 0])), "MALFORMED_FRAME"],
  ["sends more than may lie unread", (socket: WebSocket) => socket.send(Buffer.alloc(2_000, 1)), "OUTPUT_OVERFLOW"],
])("an interactive command whose server %s is a ProtocolError", async (_, onSocket, code) => {
  await using world = await startSocketServer(onSocket);
  const child = await world.miosa.exec.spawn("a", { command: "x" }, { maxUnreadBytes: 1_000 });
  expect(await rejection(child.exitCode)).toMatchObject({ name: "ProtocolError", code, sandboxId: "a" });
});

test("frames that mean nothing are passed over", async () => {
  await using world = await startSocketServer((socket) => {
    socket.send("text");
    socket.send(Buffer.alloc(0));
    socket.send(Buffer.from([99, 1]));
    socket.send(Buffer.from([1, 104, 105]));
    socket.send(Buffer.from([3, 0, 0, 1, 0]));
  });
  const child = await world.miosa.exec.spawn("a", { command: "x" });
  const pieces: string[] = [];
  for await (const { bytes } of child.output) pieces.push(new TextDecoder().decode(bytes));
  expect([pieces, await child.exitCode]).toEqual([["hi"], 256]);
});

test("an abort ends an interactive command with the caller's reason and closes its connection, under garbage collection", async () => {
  using _ = forceGarbageCollection();
  await using world = await startSocketServer(() => undefined);
  const abort = new AbortController();
  const child = await world.miosa.exec.spawn("a", { command: "x" }, { signal: abort.signal });
  const reading = rejection(child.output[Symbol.asyncIterator]().next());
  abort.abort("bye");
  expect([await reading, await rejection(child.exitCode)]).toEqual(["bye", "bye"]);
  await expect.poll(() => world.clients.size).toBe(0);
});

test("a socket that is refused, or never opens, is a typed error", async () => {
  await using server = await createLocalServer();
  const { exec } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, ...socketOption });
  expect(await rejection(exec.spawn("no-such", { command: "x" }))).toMatchObject({ name: "NetworkError", sandboxId: "no-such" });
  await using silent = await startRawTransport(() => undefined);
  const late = createMiosaClient({ baseUrl: silent.server.url, ...socketOption }).exec.spawn("a", { command: "x" }, { timeoutMs: 100 });
  const error = await rejection(late);
  expect(["TimeoutError", "NetworkError"]).toContain(error instanceof Error && error.name);
});

test("without a WebSocket the error names the option", async () => {
  if ("WebSocket" in globalThis) return;
  expect(await rejection(createMiosaClient({ baseUrl: "http://127.0.0.1" }).exec.spawn("a", { command: "x" }))).toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("webSocket"),
  });
});
