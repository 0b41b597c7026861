// Runs the escape attempts in one driver as the user that started it, and writes the results as JSON. Bundled and started by
// src/drivers/escape.test.ts, so that it can be another user than the test's.
import { createBwrapDriver, createProcessDriver, createUnshareDriver, type SandboxDriver } from "../../src/index.js";
import { runAttempts } from "./runAttempts.js";

const drivers: Readonly<Record<string, (options: { dataDir: string }) => SandboxDriver>> = {
  bwrap: createBwrapDriver,
  unshare: createUnshareDriver,
  process: createProcessDriver,
};
const name = process.argv[2] ?? "";
const make = drivers[name];
if (!make) throw new Error(`No such driver: ${name}`);
process.stdout.write(JSON.stringify(await runAttempts((dataDir) => make({ dataDir }), name === "process")));
