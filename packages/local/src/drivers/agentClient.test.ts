import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { streams } from "../agent/channels.mjs";
import { createMux } from "../agent/mux.mjs";
import { createAgentFiles } from "./agentClient.js";
import type { BoxFiles } from "./boxFiles.js";

const content = "a file's content";

/** Files of a box whose agent says that a file has `sizeBytes`, sends what it has, and ends before it can say that this was all. */
function endingBox(sizeBytes: number): { files: BoxFiles; end(): void } {
  const [toServer, toBox] = [new PassThrough(), new PassThrough()];
  const server = createMux("server", toServer, toBox);
  const box = createMux("box", toBox, toServer, (_, __, channel) => {
    channel.message({ file: { path: "/workspace/file", name: "file", kind: "file", sizeBytes } });
    void channel.send(streams.output, Buffer.from(content));
    return {};
  });
  return { files: createAgentFiles(() => server), end: () => box.close(new Error("ended")) };
}

test("a file whose last byte has come is whole, also when its box ends before it says so", async () => {
  const box = endingBox(content.length);
  const pieces = (await box.files.read("file")).pieces[Symbol.asyncIterator]();
  const first = await pieces.next();
  box.end();
  expect([String(first.value), await pieces.next()]).toEqual([content, { done: true, value: undefined }]);
});

test("a file whose box ends before the last byte is not taken for whole", async () => {
  const box = endingBox(content.length + 1);
  const pieces = (await box.files.read("file")).pieces[Symbol.asyncIterator]();
  await pieces.next();
  box.end();
  await expect(pieces.next()).rejects.toThrow("The sandbox ended.");
});

test("a file that grows while it is read has the size it was opened with, and a part of it the length that was asked for", async () => {
  const grown = endingBox(6);
  expect(await text((await grown.files.read("file")).pieces)).toBe("a file");
  const part = endingBox(100);
  expect(await text((await part.files.read("file", { offset: 0, length: 1 })).pieces)).toBe("a");
});
