import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { mkdtempDisposable } from "../../test/temporaryDirectory.js";
import { type BootPhase, createBwrapDriver, createUnshareDriver, type IsolatingDriverOptions, type SandboxBox, type SandboxDriver } from "../index.js";

const signal = new AbortController().signal;
const isRoot = process.getuid?.() === 0;
const allPhases: BootPhase[] = ["allocating", "isolating", "starting_agent", "checking", "ready"];

/** A directory that boxes' own users can reach. */
async function dataDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const data = await mkdtempDisposable();
  await chmod(data.path, 0o711);
  return data;
}

describe.each([{ make: createBwrapDriver }, { make: createUnshareDriver }])("with $make.name", ({ make }) => {
  async function open(options: IsolatingDriverOptions = {}): Promise<SandboxDriver> {
    const driver = make(options);
    onTestFinished(() => driver.close());
    const probe = await driver.probe();
    if (!probe.ok) throw new Error(probe.reason);
    return driver;
  }

  async function createReady(driver: SandboxDriver, more: { filesFrom?: string; onPhase?: (phase: BootPhase) => void } = {}): Promise<SandboxBox> {
    const box = await driver.create({ id: randomUUID(), signal, ...more });
    await box.waitReady(signal);
    return box;
  }

  async function outputOf(box: SandboxBox, command: string): Promise<string> {
    let output = "";
    const onOutput = (_: string, bytes: Uint8Array): void => void (output += Buffer.from(bytes).toString());
    await (await box.exec({ argv: ["bash", "-c", command], onOutput })).exited;
    return output;
  }

  test("a box tells each phase of its start in order, and is ready only after it has been checked", async () => {
    const phases: BootPhase[] = [];
    const driver = await open();
    const box = await createReady(driver, { onPhase: (phase) => phases.push(phase) });
    expect(phases).toEqual(allPhases);
    expect([box.isWarm, driver.list()]).toEqual([false, [box.id]]);
  });

  test("a box runs commands with input, output, signals and a clean environment", async () => {
    const box = await createReady(await open());
    expect((await outputOf(box, "env | sed 's/=.*//' | sort | tr '\\n' ' '")).trim()).toBe("HOME LANG MIOSA_SANDBOX_ID PATH PWD SHLVL TERM TMPDIR USER _");
    let output = "";
    const cat = await box.exec({ argv: ["cat"], stdin: true, onOutput: (_, bytes) => void (output += Buffer.from(bytes).toString()) });
    await cat.write(Buffer.from("x".repeat(700_000)));
    cat.endInput();
    expect([(await cat.exited).exitCode, output.length]).toEqual([0, 700_000]);
    const sleep = await box.exec({ argv: ["sleep", "30"], onOutput: () => {} });
    sleep.signal("SIGTERM");
    expect(await sleep.exited).toEqual({ exitCode: 143, signal: "SIGTERM" });
  });

  test("a command has a terminal when it asks for one, and learns of its new size", async () => {
    const box = await createReady(await open());
    let output = "";
    const onOutput = (_: string, bytes: Uint8Array): void => void (output += Buffer.from(bytes).toString());
    const command = "trap 'stty size' WINCH; stty size; tty; while read -r line; do [ $line = end ] && exit 5; done";
    const execution = await box.exec({ argv: ["bash", "-c", command], tty: { rows: 33, columns: 99 }, onOutput });
    await expect.poll(() => output).toMatch(/33 99\r\n\/dev\/pts\/\d/);
    execution.resize(44, 111);
    // A shell runs its trap between two lines.
    await expect
      .poll(async () => {
        await execution.write(Buffer.from("go\n"));
        return output;
      })
      .toContain("44 111");
    await execution.write(Buffer.from("end\n"));
    expect((await execution.exited).exitCode).toBe(5);
  });

  test("output that nobody takes holds back its command alone", async () => {
    const box = await createReady(await open());
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    let bytes = 0;
    const flood = await box.exec({
      argv: ["bash", "-c", "head -c 20000000 /dev/zero"],
      async onOutput(_, piece) {
        bytes += piece.byteLength;
        await gate;
      },
    });
    expect(await outputOf(box, "echo others go on")).toBe("others go on\n");
    expect(bytes).toBeLessThan(1_000_000);
    release();
    await flood.exited;
    expect(bytes).toBe(20_000_000);
  });

  test("files go in and out, and changes are told", async () => {
    const box = await createReady(await open());
    const bytes = Buffer.alloc(2_500_000, "abc");
    await box.files.write("deep/er/file", bytes, { parents: true, mode: 0o600 });
    const content = await box.files.read("deep/er/file");
    const pieces: Uint8Array[] = [];
    for await (const piece of content.pieces) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(content.file).toMatchObject({ path: "/workspace/deep/er/file", kind: "file", sizeBytes: 2_500_000, mode: 0o600 });

    const changes: string[] = [];
    const stop = new AbortController();
    let started = (): void => {};
    const isStarted = new Promise<void>((resolve) => (started = resolve));
    const watching = box.files.watch("deep", { recursive: true, signal: stop.signal, onStarted: () => started(), onChange: ({ type, path }) => changes.push(`${type} ${path}`) });
    await isStarted;
    await outputOf(box, "mkdir deep/new; echo 1 > deep/new/a; rm deep/er/file");
    await expect.poll(() => changes.toSorted()).toEqual(["created /workspace/deep/new", "created /workspace/deep/new/a", "deleted /workspace/deep/er/file"]);
    stop.abort();
    await watching;
    await expect(box.files.write("deep/x", Buffer.alloc(11), { maxBytes: 10 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect((await box.files.list("deep")).map(({ name }) => name)).toEqual(["er", "new"]);
  });

  test("a port inside is dialled, and one that nothing listens on is refused", async () => {
    const box = await createReady(await open());
    const server = `require("node:net").createServer((socket) => socket.pipe(socket)).listen(3000, "127.0.0.1", () => console.log("up"))`;
    let output = "";
    await box.exec({ argv: ["node", "-e", server], onOutput: (_, bytes) => void (output += Buffer.from(bytes).toString()) });
    await expect.poll(() => output).toBe("up\n");
    const connection = await box.dial(3000, signal);
    connection.end(Buffer.alloc(1_500_000, "z"));
    let echoed = 0;
    connection.on("data", (piece: Buffer) => void (echoed += piece.length));
    await once(connection, "end");
    expect(echoed).toBe(1_500_000);
    await expect(box.dial(3001, signal)).rejects.toThrow("nothing listens on port 3001");
  });

  test("a stopped box keeps its files and nothing else, and starts again", async () => {
    const box = await createReady(await open());
    await outputOf(box, "echo kept > file; echo gone > /tmp/file; setsid sleep 300 &");
    await box.stop();
    await expect(box.exec({ argv: ["true"], onOutput: () => {} })).rejects.toThrow("stopped");
    await box.start(signal);
    await box.waitReady(signal);
    expect(await outputOf(box, "cat file; ls /tmp; pgrep sleep")).toBe("kept\n");
  });

  test("a box made from another's files has copies of its own", async () => {
    await using saved = await mkdtempDisposable();
    const driver = await open();
    const first = await createReady(driver);
    await outputOf(first, "echo first > file; ln -s file link; mkfifo pipe; echo home > ~/file");
    await first.saveFiles(saved.path);
    const second = await createReady(driver, { filesFrom: saved.path });
    expect(await outputOf(second, "cat link ~/file; echo second > file; cat file")).toBe("first\nhome\nsecond\n");
    expect(await outputOf(first, "cat file")).toBe("first\n");
  });

  test("what is saved of a box is read inside it, so that a link cannot lead the server out", async () => {
    await using saved = await mkdtempDisposable();
    const driver = await open();
    const first = await createReady(driver);
    await outputOf(first, "rm -rf ~/.x; ln -s /root root; ln -s /etc/shadow shadow; mkdir d; ln -s / d/host");
    await first.saveFiles(saved.path);
    const second = await createReady(driver, { filesFrom: saved.path });
    expect(await outputOf(second, "find . -type l -printf '%p %l\n' | sort")).toBe("./d/host /\n./root /root\n./shadow /etc/shadow\n");
  });

  test("each box of a root server has an unprivileged user of its own", async () => {
    await using data = await dataDirectory();
    const driver = await open({ dataDir: data.path });
    const boxes = await Promise.all([createReady(driver), createReady(driver)]);
    for (const box of boxes) await box.files.write("file", Buffer.from("mine"));
    const [root = ""] = await readdir(data.path);
    const owners = new Set<number>();
    for (const name of await readdir(join(data.path, root))) {
      const file = await stat(join(data.path, root, name, "workspace/file")).catch(() => undefined); // not a box's directory
      if (file) owners.add(file.uid);
    }
    expect(owners.size).toBe(isRoot ? 2 : 1);
    expect(owners.has(0)).toBe(false);
  });

  test("destroying leaves no process, mount or directory behind, whatever was made inside", async () => {
    await using data = await dataDirectory();
    const mountsBefore = await readFile("/proc/self/mountinfo", "utf8");
    const driver = await open({ dataDir: data.path });
    const box = await createReady(driver);
    const marker = randomUUID();
    await outputOf(box, `setsid bash -c 'exec -a ${marker} sleep 300' & mkdir -m 0 closed; mkdir -p closed2/x; chmod 0 closed2`);
    await outputOf(box, "for i in $(seq 300); do mkdir dddddddddddddddddddddd && cd dddddddddddddddddddddd || break; done");
    await expect.poll(() => countProcesses(marker)).toBe(1);
    await box.destroy();
    await box.destroy();
    expect([await countProcesses(marker), driver.list()]).toEqual([0, []]);
    await driver.close();
    expect(await readdir(data.path)).toEqual([]);
    expect(await readFile("/proc/self/mountinfo", "utf8")).toBe(mountsBefore);
  });

  test("boxes that are booted ahead are there at once, and replaced", async () => {
    const driver = await open({ warmPool: 1 });
    const phases: BootPhase[] = [];
    const first = await createReady(driver, { onPhase: (phase) => phases.push(phase) });
    expect([first.isWarm, phases]).toEqual([true, ["ready"]]);
    await expect
      .poll(async () => {
        const next = await createReady(driver);
        const { isWarm } = next;
        await next.destroy();
        return isWarm;
      })
      .toBe(true);
  });

  test("a run directory whose server was killed is removed at the next start, and others are not", async () => {
    await using data = await dataDirectory();
    const [dead, alive, other] = ["miosa-local-dead", "miosa-local-alive", "not-ours"].map((name) => join(data.path, name));
    for (const path of [dead, alive, other]) await mkdir(String(path));
    await writeFile(join(String(dead), "owner.json"), '{"pid":4194304,"startedAt":"1"}');
    const started = (await readFile(`/proc/${process.pid}/stat`, "latin1")).split(") ").at(-1)?.split(" ")[19];
    await writeFile(join(String(alive), "owner.json"), `{"pid":${process.pid},"startedAt":"${started}"}`);
    const driver = await open({ dataDir: data.path });
    expect((await readdir(data.path)).filter((name) => /dead|alive|not-ours/.test(name)).toSorted()).toEqual(["miosa-local-alive", "not-ours"]);
    await driver.close();
  });
});

async function countProcesses(marker: string): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""))); // ended meanwhile
  return lines.filter((line) => line.split("\0")[0] === marker).length;
}
