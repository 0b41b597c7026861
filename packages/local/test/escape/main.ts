// Runs the escape attempts in one driver as the user that started it, and writes the results as JSON. Bundled and started by
// src/drivers/escape.test.ts, so that it can be another user than the test's.
import { createBwrapDriver, createProcessDriver, createUnshareDriver, type EgressOptions, type SandboxDriver } from "../../src/index.js";
import { runAttempts } from "./runAttempts.js";
import { runEgressAttempts } from "./runEgressAttempts.js";

const drivers: Readonly<Record<string, (options: { dataDir: string; egress?: EgressOptions }) => SandboxDriver>> = {
  bwrap: createBwrapDriver,
  unshare: createUnshareDriver,
  process: createProcessDriver,
};
const [name = "", way = "none"] = process.argv.slice(2);
const make = drivers[name];
if (!make) throw new Error(`No such driver: ${name}`);
const egress = { allow: ["packages.example.org"] };
const results = {
  none: () => runAttempts((dataDir) => make({ dataDir }), name === "process"),
  // A box with a way out is no weaker anywhere else.
  listed: async () => [...(await runAttempts((dataDir) => make({ dataDir, egress }), false)), ...(await runEgressAttempts(make, false))],
  open: () => runEgressAttempts(make, true),
};
const run = Object.entries(results).find(([each]) => each === way)?.[1];
if (!run) throw new Error(`No such way out: ${way}`);
process.stdout.write(JSON.stringify(await run()));
