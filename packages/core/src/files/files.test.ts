import { readFile } from "node:fs/promises";
import { createMiosaClient } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { expect, test } from "vitest";
import { answerJson, bodyOf, deferred, forceGarbageCollection, rejection, startRawTransport } from "../../test/rawTransport.js";

async function startFiles() {
  const server = await createLocalServer();
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await miosa.sandboxes.createReady();
  return { ...miosa, server, id, [Symbol.asyncDispose]: () => server.close() };
}

test("256 MiB go up and down in a memory that does not grow with them", async () => {
  await using world = await startFiles();
  const piece = new Uint8Array(1_048_576).fill(1);
  const pieces = 256;
  let left = pieces;
  let mostHeld = 0;
  const base = process.memoryUsage().rss;
  const look = (): void => {
    mostHeld = Math.max(mostHeld, process.memoryUsage().rss - base);
  };
  const content = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        look();
        if (left-- > 0) controller.enqueue(piece);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const progress: number[] = [];
  await world.files.upload(world.id, "big.bin", content, { onProgress: ({ sentBytes }) => progress.push(sentBytes) });
  expect(progress).toHaveLength(pieces);
  const { body, sizeBytes } = await world.files.download(world.id, "big.bin");
  expect(sizeBytes).toBe(pieces * piece.length);
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    look();
  }
  expect(received).toBe(pieces * piece.length);
  expect(mostHeld).toBeLessThan(200 * 1_048_576);
}, 120_000);

test("a download that is cancelled, or aborted half-way, closes its connection, under garbage collection", async () => {
  using _ = forceGarbageCollection();
  for (const how of ["cancel", "abort"]) {
    await using raw = await startRawTransport((__, response) => void response.writeHead(200, { "content-length": "100000000" }).write(Buffer.alloc(100)));
    const abort = new AbortController();
    const { body } = await createMiosaClient({ baseUrl: raw.server.url }).files.download("a", "/b", { signal: abort.signal });
    const reader = body.getReader();
    await reader.read();
    const next = reader.read();
    if (how === "cancel") await reader.cancel();
    else abort.abort("stop");
    expect(await next.then((result) => result.done, (error: unknown) => error)).toBe(how === "cancel" ? true : "stop");
    await expect.poll(() => raw.openRequests()).toBe(0);
  }
});

test("a download that is cut off, or takes longer than it may, fails with a typed error", async () => {
  await using raw = await startRawTransport((request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => {
      if (request.url?.includes("cut")) response.destroy();
    });
  });
  const { files } = createMiosaClient({ baseUrl: raw.server.url });
  const cut = await files.download("a", "cut");
  expect(await rejection(new Response(cut.body).text())).toMatchObject({ name: "NetworkError", code: "STREAM_LOST", sandboxId: "a" });
  const slow = await files.download("a", "slow", { timeoutMs: 1_000 });
  expect(await rejection(new Response(slow.body).text())).toMatchObject({ name: "TimeoutError", sandboxId: "a" });
});

test("an upload whose source fails, or that is refused early, rejects, and its source is let go", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 413, { error: { code: "FILE_TOO_LARGE", message: "too large" } }, { connection: "close" }));
  const { files } = createMiosaClient({ baseUrl: raw.server.url });
  const failing = new ReadableStream<Uint8Array>({
    pull() {
      throw new Error("disk gone");
    },
  });
  expect(await rejection(files.upload("a", "/b", failing))).toMatchObject({ kind: expect.stringMatching(/network|api/) });
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel() {
      cancelled = true;
    },
  });
  expect(await rejection(files.upload("a", "/b", endless))).toMatchObject({ kind: expect.stringMatching(/network|api/) });
  await expect.poll(() => cancelled).toBe(true);
});

test("an upload is one multipart form, whatever its name holds", async () => {
  let form = new FormData();
  await using raw = await startRawTransport(async (request, response) => {
    const headers = { "content-type": String(request.headers["content-type"]) };
    form = await new Response(new Uint8Array(await bodyOf(request)), { headers }).formData();
    answerJson(response, 201, { success: true });
  });
  await createMiosaClient({ baseUrl: raw.server.url }).files.upload("a", '/w/a"b\r\nc.txt', new Blob(["héllo"]), { createDirs: false });
  const file = form.get("file");
  expect([form.get("path"), form.get("create_dirs")]).toEqual(['/w/a"b\r\nc.txt', "false"]);
  expect(file instanceof File && (await file.text())).toBe("héllo");
});

test("no path leads out of the sandbox, through dots, links or their targets", async () => {
  await using world = await startFiles();
  await world.exec.run(world.id, { command: "ln -s /etc link; ln -s /etc/passwd file; ln -s . loop; mkdir d; ln -s /etc d/inner" });
  const outside = ["/etc/passwd", "../../../../etc/passwd", "link/passwd", "d/inner/passwd", "/proc/self/environ", "loop/loop/link/passwd", "/workspace/../../etc/passwd", "a\0b"];
  for (const path of outside) {
    const calls = [() => world.files.read(world.id, path), () => world.files.write(world.id, path, "x"), () => world.files.rename(world.id, path, "stolen")];
    for (const call of calls) expect([path, await rejection(call())]).toMatchObject([path, { name: "ApiError" }]);
  }
  // A link may be replaced or moved like any file, but nothing is read or written through it.
  const before = await readFile("/etc/passwd", "utf8");
  expect(await rejection(world.files.read(world.id, "file"))).toMatchObject({ status: 403, code: "FORBIDDEN_PATH" });
  await world.files.write(world.id, "file", "x").catch(() => undefined); // either way
  expect(await readFile("/etc/passwd", "utf8")).toBe(before);
});

test("watches changes, until the loop is left", async () => {
  await using world = await startFiles();
  const { promise: isOpen, resolve: opened } = deferred();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { type, path } of world.files.watch(world.id, "/workspace", { onOpen: opened })) {
      seen.push(`${type} ${path}`);
      if (type === "deleted") break;
    }
  })();
  await isOpen;
  await expect.poll(async () => {
    await world.files.write(world.id, "a.txt", crypto.randomUUID());
    return seen.length;
  }, { interval: 100 }).toBeGreaterThan(0);
  await world.files.delete(world.id, "a.txt");
  await watching;
  expect(seen.at(-1)).toBe("deleted /workspace/a.txt");
  await expect.poll(() => world.server.connections().streams.events).toBe(0);
});

test.each([
  ['event: created\ndata: {"type":"created","path":"/a","size_bytes":5}\n\n', { type: "created", path: "/a", sizeBytes: 5 }],
  ['data: {"type":"modify","path":"/a"}\n\n', { type: "modified", path: "/a" }],
  ['event: x\ndata: {"event":"renamed","path":"/b","old_path":"/a"}\n\n', { type: "renamed", path: "/b", oldPath: "/a" }],
])("reads a change by any of its spellings: %s", async (text, wanted) => {
  await using raw = await startRawTransport((_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(text));
  const changes = createMiosaClient({ baseUrl: raw.server.url }).files.watch("a");
  expect((await changes.next()).value).toMatchObject(wanted);
  await changes.return();
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("an exported link downloads its file without a credential while it lives, and no other file", async () => {
  await using world = await startFiles();
  await world.files.write(world.id, "a.txt", "shared");
  const { url } = await world.files.exportUrl(world.id, "a.txt");
  expect(await (await fetch(url)).text()).toBe("shared");
  expect(await (await fetch(url)).text()).toBe("shared");
  await world.files.write(world.id, "b.txt", "not shared");
  expect((await fetch(url.replace("a.txt", "b.txt"))).status).toBe(401);
});

test("a write is repeated with one key when its answer is lost", async () => {
  let tries = 0;
  await using raw = await startRawTransport((_, response) => {
    tries += 1;
    if (tries === 1) response.destroy();
    else answerJson(response, 200, { success: true });
  });
  await createMiosaClient({ baseUrl: raw.server.url }).files.write("a", "/b", new Uint8Array([1, 2, 255]));
  const keys = raw.server.requests.map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test("an upload with a deadline that is none, or from a stream that is read elsewhere, is refused before any request", async () => {
  await using raw = await startRawTransport((_, response) => void response.end());
  const { files } = createMiosaClient({ baseUrl: raw.server.url });
  const taken = new ReadableStream<Uint8Array>();
  taken.getReader();
  for (const call of [files.upload("a", "/b", "x", { timeoutMs: Number.NaN }), files.upload("a", "/b", "x", { timeoutMs: -1 }), files.upload("a", "/b", taken)]) {
    expect(await rejection(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(raw.server.requests).toHaveLength(0);
});

test("an upload whose answer is cut off in its body is a NetworkError", async () => {
  await using raw = await startRawTransport(async (request, response) => {
    await bodyOf(request);
    response.writeHead(201, { "content-length": "100" }).write("{", () => response.destroy());
  });
  const { files } = createMiosaClient({ baseUrl: raw.server.url });
  expect(await rejection(files.upload("a", "/b", "text"))).toMatchObject({ name: "NetworkError", code: "NETWORK_ERROR", sandboxId: "a" });
});

test("an error of the caller's own onProgress or onResponse ends a download as it is, and closes its connection", async () => {
  await using raw = await startRawTransport((_, response) => void response.writeHead(200).write("bytes"));
  const mine = new Error("mine");
  const throwMine = (): never => {
    throw mine;
  };
  const { files } = createMiosaClient({ baseUrl: raw.server.url });
  const { body } = await files.download("a", "/b", { onProgress: throwMine });
  expect(await rejection(new Response(body).text())).toBe(mine);
  expect(await rejection(createMiosaClient({ baseUrl: raw.server.url, onResponse: throwMine }).files.download("a", "/b"))).toBe(mine);
  await expect.poll(() => raw.openRequests()).toBe(0);
});
