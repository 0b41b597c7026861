import {
  createMiosaClient,
  createTransport,
  isApiError,
  isMiosaError,
  isNetworkError,
  isTimeoutError,
  runCommand,
  type MiosaClient,
  type MiosaClientOptions,
  type Sandbox,
} from "@miosa/core";

/** Where a run of the suite finds its server. */
export interface World {
  baseUrl: string;
  /** A key, or in a page a scoped token. */
  credential: Pick<MiosaClientOptions, "apiKey" | "token">;
  webSocket?: typeof WebSocket | undefined;
}

/** One promise of the client, to be kept in every runtime. It needs no test framework. */
export interface Behaviour {
  name: string;
  run(world: World): Promise<void>;
}

class Unmet extends Error {}

function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Unmet(`got ${a}, wanted ${b}`);
}

function that(condition: boolean, what: string): void {
  if (!condition) throw new Unmet(what);
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Unmet("it did not reject");
}

function clientOf(world: World, more: MiosaClientOptions = {}): MiosaClient {
  const { baseUrl, credential, webSocket } = world;
  return createMiosaClient({ baseUrl, ...credential, webSocket, ...more });
}

/** A ready sandbox that is destroyed whatever happens. */
async function withSandbox(world: World, run: (miosa: MiosaClient, sandbox: Sandbox) => Promise<void>): Promise<void> {
  const miosa = clientOf(world);
  const sandbox = await miosa.sandboxes.createReady({ name: `behaviour-${crypto.randomUUID().slice(0, 8)}` });
  try {
    await run(miosa, sandbox);
  } finally {
    await miosa.sandboxes.delete(sandbox.id);
  }
}

/** The promises. */
export const behaviours: readonly Behaviour[] = [
  {
    name: "creates, waits over the stream, runs a command, destroys",
    async run(world) {
      const miosa = clientOf(world);
      const sandbox = await miosa.sandboxes.create({ name: "quick-exec", externalWorkspaceId: "dental-office-123" });
      equal(await miosa.sandboxes.waitUntilReady(sandbox.id), true);
      const { output, exitCode } = await miosa.exec.run(sandbox.id, { command: "echo hi" });
      equal([output, exitCode], ["hi\n", 0]);
      equal((await miosa.sandboxes.get(sandbox.id)).externalWorkspaceId, "dental-office-123");
      await miosa.computers.destroy(sandbox.id);
      const gone = await rejection(miosa.sandboxes.get(sandbox.id));
      that(isApiError(gone) && gone.status === 404 && gone.sandboxId === sandbox.id, "the destroyed sandbox is a 404");
    },
  },
  {
    name: "waits by polling",
    async run(world) {
      const miosa = clientOf(world);
      const sandbox = await miosa.sandboxes.create();
      equal(await miosa.sandboxes.waitUntilReady(sandbox.id, { stream: false }), true);
      await miosa.sandboxes.delete(sandbox.id);
    },
  },
  {
    name: "streams a command's output and its exit code",
    run: (world) =>
      withSandbox(world, async (miosa, sandbox) => {
        const events: unknown[] = [];
        const command = "echo one; echo é€😀; echo bad >&2; sleep 0.05; exit 3";
        for await (const event of miosa.exec.stream(sandbox.id, { command })) events.push(event);
        const lines = (type: string): unknown[] => events.filter((event) => typeof event === "object" && event !== null && "type" in event && event.type === type);
        equal(lines("stdout"), [{ type: "stdout", line: "one" }, { type: "stdout", line: "é€😀" }]);
        equal(lines("stderr"), [{ type: "stderr", line: "bad" }]);
        equal(events.at(-1), { type: "exit", exitCode: 3 });
      }),
  },
  {
    name: "ends a streamed command when its loop is left",
    run: (world) =>
      withSandbox(world, async (miosa, sandbox) => {
        const command = "touch running; trap 'rm running' EXIT; while true; do echo tick; sleep 0.02; done";
        for await (const event of miosa.exec.stream(sandbox.id, { command })) if (event.type === "stdout") break;
        for (let look = 0; look < 200; look++) {
          const { output } = await miosa.exec.run(sandbox.id, { command: "pgrep -fc '[e]cho tick' || true" });
          if (output.trim() === "0") return;
        }
        throw new Unmet("the command still runs");
      }),
  },
  {
    name: "keeps an abort's own reason",
    run: (world) =>
      withSandbox(world, async (miosa, sandbox) => {
        const abort = new AbortController();
        const reason = new Error("changed my mind");
        const work = rejection(miosa.exec.run(sandbox.id, { command: "sleep 20" }, { signal: abort.signal }));
        setTimeout(() => abort.abort(reason), 50);
        that((await work) === reason, "rejects with the caller's reason");
      }),
  },
  {
    name: "times out as a TimeoutError",
    run: (world) =>
      withSandbox(world, async (miosa, sandbox) => {
        that(isTimeoutError(await rejection(miosa.exec.run(sandbox.id, { command: "sleep 20" }, { timeoutMs: 100 }))), "a TimeoutError");
      }),
  },
  {
    name: "types a refused connection as a NetworkError, after its retries",
    async run() {
      const failures: unknown[] = [];
      // Port 9 is discard: nobody listens, and no browser blocks the look of it with another error than a lost connection.
      const transport = createTransport({ baseUrl: "http://127.0.0.1:59999", retries: 1, onError: ({ error }) => failures.push(error) });
      that(isNetworkError(await rejection(transport.call("GET /computers", { params: {}, options: { timeoutMs: 20_000 } }))), "a NetworkError");
      equal(failures.length, 2);
    },
  },
  {
    name: "types a wrong credential as a 401",
    async run(world) {
      const error = await rejection(runCommand(createTransport({ baseUrl: world.baseUrl, token: "wrong" }), "x", { command: "true" }));
      that(isApiError(error) && error.status === 401 && error.code === "invalid_token", "a 401");
    },
  },
  {
    name: "refuses wrong arguments before any request",
    async run(world) {
      const miosa = clientOf(world, { fetch: () => Promise.reject(new Unmet("a request was sent")) });
      const calls = [
        miosa.sandboxes.get(""),
        miosa.sandboxes.create({ size: "gigantic" }),
        miosa.exec.run("a", { command: "" }),
        miosa.exec.run("a", { command: "x", timeoutSec: 301 }),
        miosa.files.read("..", "/a"),
        miosa.usage.byAttribution({ period: "custom" }),
      ];
      for (const call of calls) {
        const error = await rejection(call);
        that(isMiosaError(error) && error.code === "INVALID_ARGUMENT", "an INVALID_ARGUMENT");
      }
    },
  },
  {
    name: "writes, reads, lists and deletes files",
    run: (world) =>
      withSandbox(world, async (miosa, { id }) => {
        await miosa.files.write(id, "/workspace/docs/a b#1?.txt", "héllo");
        equal(await miosa.files.readText(id, "/workspace/docs/a b#1?.txt"), "héllo");
        const { sizeBytes, type } = await miosa.files.stat(id, "docs/a b#1?.txt");
        equal([sizeBytes, type], [6, "file"]);
        equal((await miosa.files.list(id, "/workspace/docs")).map(({ name }) => name), ["a b#1?.txt"]);
        const { written, failed } = await miosa.files.writeMany(id, [{ path: "x/1", content: new Uint8Array([0, 255]) }, { path: "/etc/passwd", content: "" }]);
        equal([written.map(({ path }) => path), failed.map(({ path }) => path)], [["/workspace/x/1"], ["/etc/passwd"]]);
        await miosa.files.rename(id, "x/1", "x/2");
        await miosa.files.mkdir(id, "deep/er");
        equal((await miosa.files.tree(id)).children?.map(({ name }) => name).toSorted(), ["deep", "docs", "x"]);
        await miosa.files.delete(id, "x", { recursive: true });
        const gone = await rejection(miosa.files.stat(id, "x"));
        that(isApiError(gone) && gone.status === 404, "a deleted file is a 404");
        const outside = await rejection(miosa.files.read(id, "/workspace/../../etc/passwd"));
        that(isApiError(outside) && (outside.status ?? 0) >= 400, "a path out of the sandbox is refused");
      }),
  },
  {
    name: "uploads and downloads streams, with progress",
    run: (world) =>
      withSandbox(world, async (miosa, { id }) => {
        const piece = new Uint8Array(65_536).fill(7);
        const pieces = 48;
        let left = pieces;
        const content = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (left-- > 0) controller.enqueue(piece);
            else controller.close();
          },
        });
        let sent = 0;
        await miosa.files.upload(id, "/workspace/big.bin", content, { onProgress: ({ sentBytes }) => (sent = sentBytes) });
        equal(sent, pieces * piece.length);
        const { body, sizeBytes } = await miosa.files.download(id, "/workspace/big.bin");
        equal(sizeBytes, pieces * piece.length);
        equal((await new Response(body).arrayBuffer()).byteLength, pieces * piece.length);
      }),
  },
  {
    name: "speaks with an interactive command over a WebSocket",
    run: (world) =>
      withSandbox(world, async (miosa, { id }) => {
        const child = await miosa.exec.spawn(id, { command: 'read line; echo "got $line $A"; echo oops >&2; exit 7', env: { A: "1", B: "2" } });
        await child.write("hello\n");
        const text = { stdout: "", stderr: "" };
        for await (const { type, bytes } of child.output) text[type] += new TextDecoder().decode(bytes);
        equal([text.stdout, text.stderr, await child.exitCode], ["got hello 1\n", "oops\n", 7]);
        const sleeper = await miosa.exec.spawn(id, { command: "sleep 20" });
        sleeper.kill("SIGKILL");
        equal(await sleeper.exitCode, 137);
      }),
  },
  {
    name: "follows the tenant's events",
    async run(world) {
      const miosa = clientOf(world);
      const abort = new AbortController();
      let opened: () => void = () => undefined;
      const destroyed: { id?: string } = {};
      const isOpen = new Promise<void>((resolve) => (opened = resolve));
      const seen: { type: string; resourceId?: string | null | undefined }[] = [];
      const following = (async () => {
        for await (const event of miosa.events.stream({ types: ["sandbox.*"], signal: abort.signal, onOpen: opened })) {
          seen.push(event);
          if (event.type === "sandbox.destroyed" && event.resourceId === destroyed.id) break;
        }
      })();
      await isOpen;
      const { id } = await miosa.sandboxes.create({});
      await miosa.sandboxes.waitUntilReady(id);
      destroyed.id = id;
      await miosa.sandboxes.delete(id);
      await following;
      const types = seen.filter(({ resourceId }) => resourceId === id).map(({ type }) => type);
      that(types.includes("sandbox.ready") && types.at(-1) === "sandbox.destroyed", `saw ${types.join()}`);
    },
  },
  {
    name: "pages through a list",
    async run(world) {
      const miosa = clientOf(world);
      const label = crypto.randomUUID();
      const made = await Promise.all([1, 2, 3].map((n) => miosa.sandboxes.create({ name: `page-${n}`, externalProjectId: label })));
      const found: string[] = [];
      for await (const { id } of miosa.sandboxes.each({ externalProjectId: label }, { pageSize: 2 })) found.push(id);
      equal(found.toSorted(), made.map(({ id }) => id).toSorted());
      equal((await miosa.sandboxes.list({ externalProjectId: label })).length, 3);
      await Promise.all(made.map(({ id }) => miosa.sandboxes.delete(id)));
    },
  },
  {
    name: "uses the native collection when told to",
    async run(world) {
      const miosa = clientOf(world, { sandboxApi: "sandboxes" });
      const name = `native ${crypto.randomUUID().slice(0, 8)}`;
      const { id } = await miosa.sandboxes.createReady({ name, persistent: true, tags: ["a"], cpuCount: 2, memoryMb: 4096, diskSizeMb: 10240 });
      equal((await miosa.sandboxes.getByName(name)).id, id);
      equal((await miosa.sandboxes.extend(id, { timeoutSec: 7200 }))["timeoutSec"], 7200);
      await miosa.sandboxes.setTags(id, ["b", "c"]);
      equal((await miosa.sandboxes.get(id))["tags"], ["b", "c"]);
      await miosa.sandboxes.setEnv(id, [{ key: "A", value: "1" }, { key: "B", value: "x", encrypted: true }]);
      equal(await miosa.sandboxes.listEnv(id), [{ key: "A", encrypted: false, value: "1" }, { key: "B", encrypted: true }]);
      equal((await miosa.sandboxes.pause(id)).state, "paused");
      equal((await miosa.sandboxes.resume(id)).state, "running");
      that(((await miosa.sandboxes.usage(id)).runtimeSec ?? -1) >= 0, "reports its usage");
      await miosa.sandboxes.delete(id);
    },
  },
];
