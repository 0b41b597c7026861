// What isolation costs: many sandboxes at once, in each driver, beside plain child processes.
import { readdir, readFile, mkdtemp, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBwrapDriver, createProcessDriver, createUnshareDriver, type SandboxBox, type SandboxDriver } from "@miosa/local";
import { writeSection } from "./lib/results.js";
import { median, percentile } from "./lib/statistics.js";

const count = 100;
const atOnce = 4;
const commandsEach = 3;
const signal = new AbortController().signal;

interface Figures {
  readonly readyMs: readonly number[];
  readonly allReadyMs: number;
  readonly memoryMb: number;
  readonly execMs: readonly number[];
  readonly destroyAllMs: number;
  readonly leftovers: string;
}

/** Runs `work` on each item, a few at a time. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Processes that this one has started, and those that they have. */
async function descendants(): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "latin1").catch(() => ""); // ended meanwhile
    if (stat !== "") parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isOurs = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  return [...parents.keys()].filter(isOurs);
}

/** Memory of processes, each shared page divided among those that share it, in MB. */
async function memoryOf(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, "latin1").catch(() => ""); // ended meanwhile
      return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function countMounts(): Promise<number> {
  return (await readFile("/proc/self/mountinfo", "latin1")).split("\n").length;
}

async function measure(make: (options: { dataDir: string }) => SandboxDriver): Promise<Figures> {
  const dataDir = await mkdtemp(join(tmpdir(), "miosa-bench-"));
  await chmod(dataDir, 0o711);
  const driver = make({ dataDir });
  const mountsBefore = await countMounts();
  try {
    const probe = await driver.probe();
    if (!probe.ok) throw new Error(`${driver.name}: ${probe.reason}`);
    const readyMs: number[] = [];
    const boxes: SandboxBox[] = [];
    const allReadyMs = await timed(() =>
      each([...Array(count).keys()], async (index) => {
        readyMs.push(
          await timed(async () => {
            const box = await driver.create({ id: `bench-${index}`, signal });
            boxes.push(box);
            await box.waitReady(signal);
          }),
        );
      }),
    );
    const memoryMb = (await memoryOf(await descendants())) / count;
    const execMs: number[] = [];
    for (const box of boxes) {
      for (let time = 0; time < commandsEach; time += 1) {
        execMs.push(
          await timed(async () => {
            const { exitCode } = await (await box.exec({ argv: ["bash", "-c", "true"], onOutput: () => {} })).exited;
            if (exitCode !== 0) throw new Error(`A command ended with ${exitCode}`);
          }),
        );
      }
    }
    const destroyAllMs = await timed(() => Promise.all(boxes.map((box) => box.destroy())));
    await driver.close();
    const left = [(await descendants()).length, (await countMounts()) - mountsBefore, (await readdir(dataDir)).length];
    return { readyMs, allReadyMs, memoryMb, execMs, destroyAllMs, leftovers: left.join(" / ") };
  } finally {
    await driver.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const drivers = [
  { name: "plain processes (`process`)", make: createProcessDriver },
  { name: "`bwrap`", make: createBwrapDriver },
  { name: "`unshare`", make: createUnshareDriver },
];
const rows: string[][] = [];
for (const { name, make } of drivers) {
  const figures = await measure(make);
  const ms = (value: number): string => `${value.toFixed(value < 20 ? 1 : 0)} ms`;
  rows.push([
    name,
    ms(median(figures.readyMs)),
    ms(percentile(figures.readyMs, 0.95)),
    `${(figures.allReadyMs / 1_000).toFixed(1)} s`,
    `${figures.memoryMb.toFixed(1)} MB`,
    ms(median(figures.execMs)),
    ms(percentile(figures.execMs, 0.95)),
    `${(figures.destroyAllMs / 1_000).toFixed(2)} s`,
    figures.leftovers,
  ]);
}
writeSection({
  name: "sandboxes",
  title: `${count} sandboxes at once`,
  method: `${count} sandboxes, created ${atOnce} at a time and kept; then \`bash -c true\` ${commandsEach} times in each, one after another; then all destroyed together. Ready means tested from inside, for plain processes that a first command has run. Memory is the proportional share (PSS) of each sandbox's resident processes. What is left: processes, mounts, directories.`,
  table: [["driver", "create → ready, median", "95th percentile", "all ready", "memory each", "exec, median", "95th percentile", "destroy all", "left"], ...rows],
});
