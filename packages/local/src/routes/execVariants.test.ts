import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RawData, WebSocket } from "ws";
import { patienceMs } from "../../../../test/patience.js";
import { call, createReady, createSandbox, exec } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

let server: LocalServer;
let id: string;
beforeAll(async () => {
  server = await createLocalServer({ outputLimitBytes: 1_000 });
  id = await createReady(server);
});
afterAll(() => server.close());

const dataOf = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => (isObject(body["data"]) ? body["data"] : {});

describe("exec of the native resource", () => {
  test("answers under data, and takes cwd and timeout_sec", async () => {
    const { status, body } = await call(server, "POST", `/sandboxes/${id}/exec`, { body: { command: "pwd; exit 3", cwd: "/tmp", timeout_sec: 20 } });
    expect([status, dataOf(body)]).toMatchObject([200, { stderr: "", exit_code: 3 }]);
    expect(dataOf(body)).toHaveProperty("duration_ms");
  });

  test("takes a program with arguments that no shell reads", async () => {
    const { body } = await call(server, "POST", `/sandboxes/${id}/exec`, { body: { cmd: "printf", args: ["%s\n", "it's $HOME"] } });
    expect(dataOf(body)["stdout"]).toBe("it's $HOME\n");
  });
});

describe("a computer's stream by ticket", () => {
  test("runs the command once its stream is opened, without a key, once", async () => {
    const { status, body } = await call(server, "POST", `/computers/${id}/exec/stream`, { body: { command: "echo out; echo $0 >&2; exit 4", shell: "sh" } });
    expect([status, String(body["ticket"]).slice(0, 5)]).toEqual([202, "sset_"]);
    expect(body["expires_at"]).toBeGreaterThan(Date.now() / 1_000);
    const url = String(body["stream_url"]);
    const text = await (await fetch(url)).text();
    expect(text).toContain('event: output\ndata: {"type":"output","stream":"stdout","line":"out"}\n');
    expect(text).toContain('"stream":"stderr","line":"sh"');
    expect(text.trimEnd().endsWith('event: exit\ndata: {"type":"exit","exit_code":4}')).toBe(true);
    expect((await fetch(url)).status).toBe(401);
  });

  test("opens for no other computer", async () => {
    const other = await createReady(server);
    const { body } = await call(server, "POST", `/computers/${id}/exec/stream`, { body: { command: "true" } });
    expect((await fetch(String(body["stream_url"]).replace(id, other))).status).toBe(404);
  });
});

/** A socket at a path of the API. */
async function connect(path: string, protocol?: string): Promise<{ socket: WebSocket; messages: (readonly [data: Buffer, isBinary: boolean])[] }> {
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const address = `${server.baseUrl.replace("http", "ws")}${path}`;
  const socket = protocol === undefined ? new WebSocket(address, { headers }) : new WebSocket(address, protocol, { headers });
  onTestFinished(() => socket.terminate());
  const messages: (readonly [Buffer, boolean])[] = [];
  socket.on("message", (data: RawData, isBinary: boolean) => void messages.push([Buffer.isBuffer(data) ? data : Buffer.alloc(0), isBinary]));
  await once(socket, "open", { signal: AbortSignal.timeout(patienceMs) });
  return { socket, messages };
}

const textOf = (messages: readonly (readonly [Buffer, boolean])[], from = 0): string => messages.map(([data]) => data.subarray(from).toString()).join("");

describe("a command over a WebSocket", () => {
  test("of Go clients has its stream's number in front, and says how it ended as JSON", async () => {
    const { socket, messages } = await connect(`/computers/${id}/exec/spawn?command=${encodeURIComponent("read line; echo got $line; echo no >&2; exit 7")}`);
    socket.send(Buffer.from("hello\n"));
    await once(socket, "close", { signal: AbortSignal.timeout(patienceMs) });
    const [out, err] = [1, 2].map((kind) => textOf(messages.filter(([data, isBinary]) => isBinary && data[0] === kind), 1));
    expect([out, err]).toEqual(["got hello\n", "no\n"]);
    expect(messages.at(-1)?.[0].toString()).toBe('{"type":"exit","exit":7}');
  });

  test("of Elixir clients takes text, and puts its exit code into the close code", async () => {
    const { socket, messages } = await connect(`/computers/${id}/exec/ws?command=${encodeURIComponent("read line; echo got $line; exit 7")}`);
    socket.send("hello\n");
    const [code]: unknown[] = await once(socket, "close", { signal: AbortSignal.timeout(patienceMs) });
    expect([code, textOf(messages)]).toEqual([1_007, "got hello\n"]);
  });

  test("of a page's terminal talks JSON, and follows its size from the first moment", async () => {
    const { socket, messages } = await connect(`/sandboxes/${id}/terminal/stream`, "miosa-pty-v1");
    for (const cols of [99, 100, 101]) socket.send(JSON.stringify({ type: "resize", cols, rows: 33 }));
    socket.send(JSON.stringify({ type: "input", data: "stty size; echo 6*7 | tr -d '*'; exit\n" }));
    await once(socket, "close", { signal: AbortSignal.timeout(patienceMs) });
    expect(textOf(messages)).toMatch(/33 101[^]*67/);
  });

  test("in a computer's events tells of changed files, and of what it cannot tell", async () => {
    const { socket, messages } = await connect(`/computers/${id}/events?subscribe=window,file&paths=/workspace`, "miosa-events-v1");
    expect(socket.protocol).toBe("miosa-events-v1");
    await expect
      .poll(async () => {
        await exec(server, id, "date +%N > changing");
        return textOf(messages);
      })
      .toMatch(/"type":"file\.(created|modified)".*"path":"\/workspace\/changing"/);
    expect(textOf(messages)).toContain('"type":"producer.unavailable"');
  });
});

test("a terminal session that is sized before it is connected starts at that size", async () => {
  const { body } = await call(server, "POST", `/sandboxes/${id}/terminal`, { body: { cols: 90, rows: 20 } });
  expect((await call(server, "POST", `/computers/${id}/pty/${String(body["session_id"])}/resize`, { body: { cols: 71, rows: 12 } })).status).toBe(200);
  const { socket, messages } = await connect(String(body["ws_url"]).split("/api/v1")[1] ?? "", "miosa-pty-v1");
  socket.send(JSON.stringify({ type: "input", data: "exec stty size\n" }));
  await once(socket, "close", { signal: AbortSignal.timeout(patienceMs) });
  expect(textOf(messages)).toContain("12 71");
});

test("a terminal session starts what it was asked for, and ends when it is deleted", async () => {
  const { status, body } = await call(server, "POST", `/sandboxes/${id}/terminal`, { body: { cols: 90, rows: 20, cwd: "/tmp", env: { MINE: "yes" } } });
  expect(status).toBe(201);
  const path = String(body["ws_url"]).split("/api/v1")[1] ?? "";
  const { socket, messages } = await connect(path, "miosa-pty-v1");
  socket.send(JSON.stringify({ type: "input", data: "stty size; echo mine=$MINE\n" }));
  await expect.poll(() => textOf(messages)).toMatch(/20 90[^]*mine=yes/);
  expect((await call(server, "POST", `/computers/${id}/pty/${String(body["session_id"])}/resize`, { body: { cols: 77, rows: 11 } })).status).toBe(200);
  const size = (): string => {
    socket.send(JSON.stringify({ type: "input", data: "stty size\n" }));
    return textOf(messages);
  };
  await expect.poll(size).toContain("11 77");
  const closed = once(socket, "close", { signal: AbortSignal.timeout(patienceMs) });
  expect((await call(server, "DELETE", `/sandboxes/${id}/terminal/${String(body["session_id"])}`)).status).toBe(200);
  await closed;
  expect((await call(server, "DELETE", `/sandboxes/${id}/terminal/${String(body["session_id"])}`)).status).toBe(404);
});

describe("a process in the background", () => {
  const path = (): string => `/sandboxes/${id}/processes`;

  test("goes on without its client, takes input, and says what it said and how it ended", async () => {
    const started = await call(server, "POST", path(), { body: { command: "while read line; do echo got $line; [ $line = stop ] && exit 5; done", name: "reader" } });
    expect([started.status, started.body]).toMatchObject([201, { name: "reader", status: "running", exit_code: null }]);
    const own = `${path()}/${String(started.body["pid"])}`;
    await call(server, "POST", `${own}/stdin`, { body: { data: "one\n" } });
    await using stream = await followStream(server, `${own}/stream`);
    await stream.until('"line":"got one"');
    await call(server, "POST", `${own}/stdin`, { body: { data: "stop\n" } });
    expect(await stream.ended()).toContain('event: exit\ndata: {"type":"exit","exit_code":5}');
    expect((await call(server, "GET", own)).body).toMatchObject({ status: "exited", exit_code: 5 });
    expect((await call(server, "GET", `${own}/logs?tail=1`)).body["data"]).toBe("got stop\n");
    expect((await call(server, "GET", path())).text).toContain('"name":"reader"');
  });

  test("ends by a signal, or when it is deleted", async () => {
    const pids = await Promise.all([1, 2].map(async () => String((await call(server, "POST", path(), { body: { command: "exec sleep 60" } })).body["pid"])));
    expect((await call(server, "POST", `${path()}/${pids[0]}/signal`, { body: { signal: "KILL" } })).status).toBe(200);
    expect((await call(server, "DELETE", `${path()}/${pids[1]}`)).status).toBe(200);
    const codes = async (): Promise<unknown[]> => Promise.all(pids.map(async (pid) => (await call(server, "GET", `${path()}/${pid}`)).body["exit_code"]));
    await expect.poll(codes).toEqual([137, 143]);
  });

  test("of another sandbox is not there", async () => {
    const { body } = await call(server, "POST", path(), { body: { command: "true" } });
    const other = await createReady(server);
    expect((await call(server, "GET", `/sandboxes/${other}/processes/${String(body["pid"])}`)).status).toBe(404);
  });
});

describe("the sandbox's own events", () => {
  test("tell each line that a command says, its start and its end", async () => {
    const told = await createReady(server);
    await using stream = await followStream(server, `/sandboxes/${told}/events`);
    await exec(server, told, "echo one; echo two >&2; printf three");
    const text = await stream.until("event: sandbox.exec.completed\n");
    const lines = text.split("\n").filter((line) => line.startsWith("data: ")).map((line): unknown => JSON.parse(line.slice(6)));
    const said = lines.filter(isObject).filter((data) => "line" in data).map((data) => data["line"]);
    expect(new Set(said)).toEqual(new Set(["one", "two", "three"]));
    expect(text).toMatch(/event: sandbox\.exec\.stderr\ndata: [^\n]*"line":"two"/);
    expect(new Set(lines.filter(isObject).map((data) => data["exec_id"])).size).toBe(1);
    expect((await call(server, "GET", `/sandboxes/${told}/logs?lines=2`)).body["lines"]).toHaveLength(2);
  });

  test("tell no more of a command than its answer may hold", async () => {
    const loud = await createReady(server);
    await exec(server, loud, "yes | head -c 100000");
    const { lines } = (await call(server, "GET", `/sandboxes/${loud}/logs?lines=1000`)).body;
    expect(lines).toHaveLength(500);
  });

  test("tell a null exit code of a command whose client has left", async () => {
    const left = await createReady(server);
    await using stream = await followStream(server, `/sandboxes/${left}/events`);
    const abort = new AbortController();
    const running = exec(server, left, "sleep 60", {}, { signal: abort.signal });
    await stream.until("event: sandbox.exec.started\n");
    abort.abort();
    await expect(running).rejects.toThrow();
    expect(await stream.until("event: sandbox.exec.completed\n")).toMatch(/"exit_code":null/);
  });
});

describe("a persistent sandbox that is paused", () => {
  test("goes on when a command, a file or a socket asks for it", async () => {
    const made = await call(server, "POST", "/sandboxes", { body: { persistent: true } });
    const own = String(made.body["id"]);
    await call(server, "GET", `/sandboxes/${own}/readiness/stream`);
    const pause = async (): Promise<void> => expect((await call(server, "POST", `/sandboxes/${own}/pause`)).body["state"]).toBe("paused");
    await pause();
    expect((await exec(server, own, "echo awake")).body["output"]).toBe("awake\n");
    await pause();
    expect((await call(server, "GET", `/sandboxes/${own}/files?path=/workspace`)).status).toBe(200);
    await pause();
    const { messages } = await connect(`/computers/${own}/exec/spawn?command=${encodeURIComponent("echo awake")}`);
    await expect.poll(() => textOf(messages)).toContain("awake");
    await call(server, "POST", `/sandboxes/${own}/stop`);
    await expect.poll(async () => (await call(server, "GET", `/computers/${own}`)).body["status"]).toBe("stopped");
    expect((await exec(server, own, "echo booted")).body["output"]).toBe("booted\n");
  });

  test("stays as it is when it is not persistent", async () => {
    const own = await createReady(server);
    await call(server, "POST", `/sandboxes/${own}/pause`);
    expect((await exec(server, own, "true")).status).toBe(409);
  });
});

test("a variable that is set reaches the next command, and one that is deleted does not", async () => {
  const own = await createReady(server);
  await call(server, "PUT", `/sandboxes/${own}/env`, { body: { vars: [{ key: "FROM_ENV", value: "set", encrypted: true }] } });
  expect((await exec(server, own, "echo $FROM_ENV")).body["output"]).toBe("set\n");
  expect((await exec(server, own, "echo $FROM_ENV", { env: { FROM_ENV: "given" } })).body["output"]).toBe("given\n");
  expect((await call(server, "GET", `/computers/${own}/env`)).body["data"]).toEqual([{ name: "FROM_ENV", encrypted: true }]);
  await call(server, "DELETE", `/sandboxes/${own}/env/FROM_ENV`);
  expect((await exec(server, own, "echo $FROM_ENV")).body["output"]).toBe("\n");
});

test("a computer's events tell how its state changes", async () => {
  const own = await createSandbox(server, { template_type: "miosa-desktop" });
  await call(server, "GET", `/sandboxes/${own}/readiness/stream`);
  await using stream = await followStream(server, `/computers/${own}/events`);
  await call(server, "POST", `/computers/${own}/stop`);
  const text = await stream.until("event: stopped\n");
  expect(text).toContain("event: status_changed\n");
  expect(text).toContain(`"computer_id":"${own}","status":"stopping"`);
});
