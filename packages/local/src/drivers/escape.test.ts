import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";

import { isObject } from "../isObject.js";
import { attempts } from "../../test/escape/attempts.js";
import { allowedRequests, egressAttempts } from "../../test/escape/egressAttempts.js";
import { fileAttempts } from "../../test/escape/fileAttempts.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const program = `${root}node_modules/.cache/escape/run.mjs`;
const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** Root tries as itself and as somebody without rights; anybody else as themselves. */
const users = isRoot ? (["root", "nobody"] as const) : (["user"] as const);

beforeAll(async () => {
  const entryPoints = [fileURLToPath(new URL("../../test/escape/main.ts", import.meta.url))];
  await build({ entryPoints, outfile: program, bundle: true, format: "esm", platform: "node", target: "node20", external: ["@hono/*", "hono", "ws", "classic-level"], logLevel: "warning", alias: { "@miosa/protocol": `${root}packages/protocol/src/index.ts` } });
});

type Results = ReadonlyMap<string, { isRefused: boolean; seen: string }>;

/**
 * Tries everything in one driver. Rejects, with what to do, where the driver cannot run. Each test waits for it by itself, so that
 * every one of them then fails, and none is skipped.
 */
async function tryAll(driver: string, user: string, way: "none" | "listed" | "open" = "none"): Promise<Results> {
  const asNobody = user === "nobody" ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] : [];
  const [file, ...args] = [...asNobody, process.execPath, program, driver, way];
  const { stdout } = await run(file, args, { timeout: 120_000, maxBuffer: 1 << 24, env: { ...process.env, MIOSA_ESCAPE_SECRET: "here" } });
  const list: unknown = JSON.parse(stdout);
  if (!Array.isArray(list)) throw new Error("The run wrote no list.");
  return new Map(list.filter(isObject).map((each) => [String(each["name"]), { isRefused: each["isRefused"] === true, seen: String(each["seen"]) }]));
}

const fileNames = fileAttempts.map(({ name }) => `files: ${name}`);
const namesFor = (driver: string): string[] => [
  ...attempts.filter(({ needsSeccomp }) => driver === "bwrap" || !needsSeccomp).map(({ name }) => name),
  ...fileNames,
];

const places = ["bwrap", "unshare"].flatMap((driver) => users.map((user) => ({ driver, user })));

describe.each(places)("in $driver, started by $user", ({ driver, user }) => {
  let results: Promise<Results>;
  beforeAll(async () => {
    results = tryAll(driver, user);
    await results.catch(() => {}); // told by each test
  }, 130_000);

  test.each(namesFor(driver))("code cannot %s", async (name) => {
    expect((await results).get(name)).toMatchObject({ isRefused: true });
  });
});

describe.each(places)("in $driver with a way out to listed hosts, started by $user", ({ driver, user }) => {
  let results: Promise<Results>;
  beforeAll(async () => {
    results = tryAll(driver, user, "listed");
    await results.catch(() => {}); // told by each test
  }, 130_000);

  test.each([...namesFor(driver), ...egressAttempts.map(({ name }) => name)])("code cannot %s", async (name) => {
    expect((await results).get(name)).toMatchObject({ isRefused: true });
  });

  test.each(allowedRequests.map(({ name }) => name))("code can %s", async (name) => {
    expect((await results).get(name)).toMatchObject({ isRefused: false });
  });
});

describe("with a way out on whose list the machine's loopback stands", () => {
  let results: Promise<Results>;
  beforeAll(async () => {
    results = tryAll("bwrap", users[0], "open");
    await results.catch(() => {}); // told by each test
  }, 130_000);

  test.each(egressAttempts.filter(({ isOpenWhenListed }) => isOpenWhenListed).map(({ name }) => name))("code can %s, so the attempt is a real one", async (name) => {
    expect((await results).get(name)).toMatchObject({ isRefused: false });
  });
});

describe("without isolation", () => {
  let results: Promise<Results>;
  beforeAll(async () => {
    results = tryAll("process", "root");
    await results.catch(() => {}); // told by each test
  }, 130_000);

  test.each(attempts.filter(({ isOpenWithoutIsolation }) => isOpenWithoutIsolation).map(({ name }) => name))("code can %s, so the attempt is a real one", async (name) => {
    expect((await results).get(name)).toMatchObject({ isRefused: false });
  });

  test.each(fileNames)("the file API still does not let anybody %s", async (name) => {
    expect((await results).get(name)).toMatchObject({ isRefused: true });
  });
});
