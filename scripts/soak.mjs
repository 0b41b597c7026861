// Runs random fault schedules against the client: npm run soak -- --seed S --runs N [--from K] [--parallel P] or --only SEED.
import { bundleSources } from "./bundleSources.mjs";
import { runCommand } from "./runCommand.mjs";

const timeoutMs = 3_600_000;

process.exitCode = await runCommand(
  ["node", "--expose-gc", "--enable-source-maps", await bundleSources("test/soak/main.ts"), ...process.argv.slice(2)],
  { timeoutMs },
);
