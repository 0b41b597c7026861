// Runs benchmarks: npm run bench -- NAME [NAME…], or all of them without a name. Each is bundled from bench/NAME.ts with our
// packages taken from their sources, runs in a Node of its own, and writes its section of bench/RESULTS.md.
import { basename, dirname, join } from "node:path";
import { bundleSources } from "./bundleSources.mjs";
import { listFiles } from "./listFiles.mjs";
import { runCommand } from "./runCommand.mjs";

const timeoutMs = 600_000;
const names = listFiles("bench", /\.ts$/)
  .filter((path) => dirname(path) === "bench" && !path.endsWith(".test.ts"))
  .map((path) => basename(path, ".ts"));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));

if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(", ")}. There are ${names.join(", ")}.`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : names) {
    console.log(`\n── ${name}`);
    const code = await runCommand(["node", "--expose-gc", "--enable-source-maps", await bundleSources(join("bench", `${name}.ts`))], { timeoutMs });
    if (code !== 0) process.exitCode = code;
  }
}
