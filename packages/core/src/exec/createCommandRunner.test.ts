import type { ServerResponse } from "node:http";
import { createCommandRunner, createMiosaClient, type ExecOutput, type Output } from "@miosa/core";
import { expect, test } from "vitest";
import { rejection, startRawTransport } from "../../test/rawTransport.js";

const limits = { maxLines: 10, maxChars: 1_000 };

const line = (text: string): string => `event: stdout\ndata: {"line":"${text}"}\n\n`;

/** A runner for a server that answers each command's stream with `answer`, the output shown so far, and a way to run a command. */
async function startRunner(answer: (response: ServerResponse) => void) {
  const raw = await startRawTransport((_, response) => answer(response.writeHead(200, { "content-type": "text/event-stream" })));
  const runner = createCommandRunner(createMiosaClient({ baseUrl: raw.server.url }), "a");
  const shown: Output[] = [];
  return {
    runner,
    raw,
    lines: (): string[] | undefined => shown.at(-1)?.lines.map((each) => each.line),
    run: (): Promise<ExecOutput> => runner.run({ command: "x" }, { ...limits, show: (output) => shown.push(output) }),
    [Symbol.asyncDispose]: () => raw[Symbol.asyncDispose](),
  };
}

test("a connection that breaks in the middle of the output is a NetworkError that says what to do, and what came before is shown", async () => {
  await using world = await startRunner((response) => {
    response.write(`${line("one")}${line("two")}event: stdout\ndata: {"line":"hal`, () => setTimeout(() => response.destroy(), 20));
  });
  expect(await rejection(world.run())).toMatchObject({
    name: "NetworkError",
    kind: "network",
    code: "STREAM_LOST",
    sandboxId: "a",
    message: expect.stringMatching(/connection was lost before .* how the command ended\. .* before you run it again/),
  });
  expect(world.lines()).toEqual(["one", "two"]);
  expect(world.raw.server.requests).toHaveLength(1);
});

test("a stream that ends without the command's end is an error, and what came before is shown", async () => {
  await using world = await startRunner((response) => void response.end(line("one")));
  expect(await rejection(world.run())).toMatchObject({
    name: "ProtocolError",
    code: "STREAM_CLOSED",
    sandboxId: "a",
    message: expect.stringContaining("before you run it again"),
  });
  expect(world.lines()).toEqual(["one"]);
});

test("a command after one that was lost begins with an empty output", async () => {
  let runs = 0;
  await using world = await startRunner((response) => {
    runs += 1;
    if (runs === 1) response.write(line("lost"), () => response.destroy());
    else response.end(`${line("new")}event: exit\ndata: {"exit_code":0}\n\n`);
  });
  await rejection(world.run());
  expect(await world.run()).toEqual({ lines: [{ type: "stdout", line: "new" }], droppedLines: 0, exitCode: 0 });
  expect(world.lines()).toEqual(["new"]);
});

test("a command that is cancelled resolves to what it had printed, without an exit code", async () => {
  await using world = await startRunner((response) => void response.write(line("one")));
  const running = world.run();
  await expect.poll(() => world.lines()).toEqual(["one"]);
  world.runner.cancel();
  expect(await running).toEqual({ lines: [{ type: "stdout", line: "one" }], droppedLines: 0, exitCode: null });
  await expect.poll(() => world.raw.openRequests()).toBe(0);
});
