import { access, readdir } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { isRunning, untilEnded } from "../../test/isRunning.js";
import { mkdtempDisposable } from "../../test/temporaryDirectory.js";
import { createProcessDriver, type SandboxBox, type SandboxDriver } from "../index.js";

const signal = new AbortController().signal;

/** A driver that is closed at the test's end, however that comes. */
function openDriver(options: { dataDir?: string } = {}): SandboxDriver {
  const driver = createProcessDriver(options);
  onTestFinished(() => driver.close());
  return driver;
}

async function outputOf(box: SandboxBox, command: string): Promise<string> {
  let output = "";
  const onOutput = (_: string, bytes: Uint8Array): void => void (output += Buffer.from(bytes).toString());
  await (await box.exec({ argv: ["bash", "-c", command], onOutput })).exited;
  return output;
}

test("a driver probes, creates, waits, runs, destroys and lists", async () => {
  await using data = await mkdtempDisposable();
  const driver = openDriver({ dataDir: data.path });
  expect(await driver.probe()).toEqual({ ok: true });
  const box = await driver.create({ id: randomUUID(), signal });
  await box.waitReady(signal);
  expect(driver.list()).toEqual([box.id]);
  const workspace = (await outputOf(box, "pwd")).trim();
  await box.destroy();
  await box.destroy();
  expect(driver.list()).toEqual([]);
  await expect(access(workspace)).rejects.toThrow("ENOENT");
  await expect(box.exec({ argv: ["true"], onOutput: () => {} })).rejects.toThrow("destroyed");
  await driver.close();
});

test("output comes piece by piece while the command runs, and a signal ends it", async () => {
  const driver = openDriver();
  const box = await driver.create({ id: randomUUID(), signal });
  const pieces: string[] = [];
  const execution = await box.exec({
    argv: ["bash", "-c", "echo one; sleep 300"],
    onOutput: (stream, bytes) => void pieces.push(`${stream} ${Buffer.from(bytes).toString()}`),
  });
  await expect.poll(() => pieces).toEqual(["stdout one\n"]);
  execution.signal("SIGTERM");
  expect(await execution.exited).toEqual({ exitCode: 143, signal: "SIGTERM" });
  execution.signal("SIGTERM");
  await driver.close();
});

test.each([
  ["a group of its own", "set -m; sleep 300 &"],
  ["a session of its own", "setsid sleep 300 &"],
  ["another directory", "cd /; setsid sleep 300 &"],
  ["an empty environment", "env -i setsid sleep 300 &"],
  ["a parent that has ended", "(setsid sleep 300 & echo $! > child) & wait; cat child; exit;"],
])("destroying ends a daemon that took %s", async (_, start) => {
  const driver = openDriver();
  const box = await driver.create({ id: randomUUID(), signal });
  const pid = Number(await outputOf(box, `${start} echo $!`));
  expect(await isRunning(pid)).toBe(true);
  await box.destroy();
  await untilEnded(pid);
  await driver.close();
});

test("a command that has ended has given all its output, though a child of it holds the output open", async () => {
  const driver = openDriver();
  const box = await driver.create({ id: randomUUID(), signal });
  const output = await outputOf(box, "sleep 300 & head -c 500000 /dev/zero | tr '\\0' y; head -c 100000 /dev/zero | tr '\\0' z");
  expect([output.length, output.slice(-1)]).toEqual([600_000, "z"]);
  await driver.close();
});

test("destroying one sandbox leaves another's processes alone", async () => {
  const driver = openDriver();
  const [one, two] = [await driver.create({ id: randomUUID(), signal }), await driver.create({ id: randomUUID(), signal })];
  const pid = Number(await outputOf(two, "setsid sleep 300 & echo $!"));
  await one.destroy();
  expect(await isRunning(pid)).toBe(true);
  await driver.close();
  await untilEnded(pid);
});

test("a process that starts processes without end is ended with all of them", async () => {
  await using data = await mkdtempDisposable();
  const driver = openDriver({ dataDir: data.path });
  const box = await driver.create({ id: randomUUID(), signal });
  const starter = Number(await outputOf(box, "setsid bash -c 'while :; do setsid sleep 300 & echo $! >> pids; sleep 0.005; done' & echo $!"));
  const pids = async (): Promise<number[]> => (await outputOf(box, "cat pids")).trim().split("\n").map(Number);
  await expect.poll(async () => (await pids()).length).toBeGreaterThan(20);
  const seen = await pids();
  await driver.close();
  for (const pid of [starter, ...seen]) await untilEnded(pid);
  expect(await readdir(data.path)).toEqual([]);
});
