import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { patienceMs } from "../../../../test/patience.js";
import { type BoxExit, createBwrapDriver, createUnshareDriver, type SandboxBox, type SandboxDriver } from "../index.js";

const mebi = 1_048_576;
const limits = { processes: 60, memoryBytes: 256 * mebi, fileBytes: 24 * mebi, workspaceBytes: 64 * mebi };
const signal = new AbortController().signal;

describe.each([{ make: createBwrapDriver }, { make: createUnshareDriver }])("with $make.name", ({ make }) => {
  let driver: SandboxDriver;
  let box: SandboxBox;

  beforeAll(async () => {
    driver = make({ limits });
    const probe = await driver.probe();
    if (!probe.ok) throw new Error(probe.reason);
    box = await driver.create({ id: randomUUID(), signal });
    await box.waitReady(signal);
  });
  afterAll(() => driver.close());

  async function run(command: string, more: { cpuSec?: number } = {}): Promise<BoxExit & { output: string }> {
    let output = "";
    const onOutput = (_: string, bytes: Uint8Array): void => void (output = (output + Buffer.from(bytes).toString()).slice(-4_000));
    const execution = await box.exec({ argv: ["bash", "-c", command], onOutput, signal: AbortSignal.timeout(patienceMs), ...more });
    return { ...(await execution.exited), output };
  }

  test("a fork bomb stays below the limit, and the next command runs", async () => {
    const fork = "perl -e '$| = 1; for (1 .. 120) { my $pid = fork; last unless defined $pid; if (!$pid) { sleep 30; exit } $n++ } print $n; kill 9, -getpgrp'";
    const forked = Number((await run(fork)).output);
    expect(forked).toBeGreaterThan(20);
    expect(forked).toBeLessThan(limits.processes);
    expect((await run("echo on")).output).toBe("on\n");
  });

  test("one process cannot take more than the memory", async () => {
    const { output, exitCode } = await run(`perl -e '$x = "a" x (512 * 1024 * 1024); print "got it"'`);
    expect([output.includes("got it"), exitCode === 0]).toEqual([false, false]);
  });

  test("many processes together cannot either, and the largest is ended", async () => {
    const hog = `perl -e '$x = "a" x (90 * 1024 * 1024); sleep 4; print "kept: ", 6 * 7'`;
    const { output } = await run(`for i in 1 2 3 4 5; do ${hog} & done; wait`);
    expect(output.match(/kept: 42/g)?.length ?? 0).toBeLessThan(5);
    expect((await run("echo on")).output).toBe("on\n");
  });

  test("a file cannot grow past its limit", async () => {
    expect((await run("head -c 30000000 /dev/zero > big; stat -c %s big; rm big")).output).toContain(String(limits.fileBytes));
  });

  test("the workspace cannot be filled past its limit, and can be cleared again", async () => {
    const { limit, output } = await run("for i in $(seq 200); do head -c 20000000 /dev/zero > f$i; sleep 0.05; done; echo done");
    expect([limit, output.includes("done")]).toEqual(["workspace", false]);
    for (const { path } of await box.files.list("/workspace")) await box.files.remove(path, { recursive: true });
    expect((await box.usage()).workspaceBytes).toBeLessThan(mebi);
  });

  test.each(["/tmp", "/dev/shm", "/var/tmp"])("%s is of a fixed size", async (place) => {
    const { output } = await run(`exec 2>&1; for i in 1 2 3 4; do head -c 20000000 /dev/zero > ${place}/f$i || break; done; du -sm ${place} | cut -f1; rm -f ${place}/f*`);
    expect(output).toContain("No space left");
    expect(Number(output.trim().split("\n").at(-1))).toBeLessThanOrEqual(65);
  });

  test("a command that computes for too long is ended, and says by which limit", async () => {
    const { limit, exitCode } = await run("while :; do :; done", { cpuSec: 1 });
    expect([limit, exitCode]).toEqual(["cpu", 152]);
  });

  test("CPU time is measured, that of ended commands too", async () => {
    const before = (await box.usage()).cpuMs ?? 0;
    await run("perl -e '1 while times < 0.3'");
    expect(((await box.usage()).cpuMs ?? 0) - before).toBeGreaterThanOrEqual(250);
  });

  test("a paused box does nothing, and goes on where it was", async () => {
    await run("rm -f ticks; (while :; do echo t >> ticks; sleep 0.02; done) > /dev/null 2>&1 &");
    const ticks = async (): Promise<number> => (await box.files.stat("ticks").catch(() => ({ sizeBytes: 0 }))).sizeBytes;
    await expect.poll(ticks).toBeGreaterThan(10);
    await box.pause();
    const atPause = await ticks();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await ticks()).toBe(atPause);
    await box.resume();
    await expect.poll(ticks).toBeGreaterThan(atPause);
    await run("pkill -f ticks; true");
  });

  test("code that ends everything it can reach ends its own box only, which is told", async () => {
    const [one, two] = await Promise.all([driver.create({ id: randomUUID(), signal }), driver.create({ id: randomUUID(), signal })]);
    await Promise.all([one.waitReady(signal), two.waitReady(signal)]);
    const suicide = async (): Promise<BoxExit> => (await one.exec({ argv: ["bash", "-c", "kill -9 -1"], onOutput: () => {} })).exited;
    await expect(suicide()).rejects.toThrow();
    expect(await one.lost).toEqual(expect.any(String));
    await two.files.write("here", Buffer.from("still"));
    await one.destroy();
    await two.destroy();
  });
});
