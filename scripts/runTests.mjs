import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./installMissing.mjs";
import { listFiles } from "./listFiles.mjs";
import { runCommand } from "./runCommand.mjs";
import { steps } from "./testSteps.mjs";
import { runVitest } from "./vitestStep.mjs";

const resultFile = join(root, "node_modules/.cache/test-result.json");
/** A step that hangs ends, and one on a slow and busy machine is let finish. */
const stepTimeoutMs = 1_800_000;

/** Runs the steps that `args` ask for, prints what came of each, and resolves to the exit code of the first that failed. */
export async function runTests(args, install) {
  const options = { only: { type: "string", multiple: true }, "keep-going": { type: "boolean" } };
  const { values, positionals: filters } = parseArgs({ args, options, allowPositionals: true });
  const parts = values.only?.flatMap((names) => names.split(","));
  const unknown = parts?.filter((part) => !steps.some((step) => step.part === part)) ?? [];
  if (unknown.length > 0) {
    console.error(`No such part: ${unknown.join(", ")}. There are ${[...new Set(steps.map(({ part }) => part))].join(", ")}.`);
    return 2;
  }
  const isCi = Boolean(process.env["CI"]);
  const keepGoing = values["keep-going"] ?? isCi;
  const wanted = steps.filter(({ part, onlyInCi }) => (parts ? parts.includes(part) : isCi || !onlyInCi));
  rmSync(resultFile, { force: true });

  const outcomes = [];
  for (const step of wanted) {
    if (outcomes.some(({ code }) => code !== 0) && !keepGoing) break;
    console.log(`\n── ${step.title}`);
    const startedMs = performance.now();
    const outcome = await runStep(step, filters, install);
    if (process.exitCode === 130) return 130;
    outcomes.push({ ...outcome, title: step.title, seconds: (performance.now() - startedMs) / 1000 });
    if (outcome.code !== 0) console.error(`✗ ${step.title} failed with exit code ${outcome.code}`);
  }
  if (!parts && filters.length === 0 && outcomes.length === wanted.length) outcomes.push(checkAllFilesRan(outcomes));
  return report(outcomes, wanted.length);
}

async function runStep(step, filters, { installChromium, installBubblewrap, installTestPrograms }) {
  if (step.needsChromium && installChromium() !== 0) return { code: 1, passed: 0, failed: 1 };
  if (step.needsBubblewrap && installBubblewrap() !== 0) return { code: 1, passed: 0, failed: 1 };
  if (step.needsPrograms && installTestPrograms() !== 0) return { code: 1, passed: 0, failed: 1 };
  if (step.vitest) return runVitest(step.vitest, filters, stepTimeoutMs);
  for (const command of step.commands) {
    const code = await runCommand(command, { quiet: step.quiet, timeoutMs: stepTimeoutMs });
    if (code !== 0) return { code, passed: 0, failed: 1 };
  }
  return { code: 0, passed: 1, failed: 0 };
}

/** A test file that no project includes would look like one that passes. */
function checkAllFilesRan(outcomes) {
  const ran = new Set(outcomes.flatMap(({ files }) => files ?? []));
  const onDisk = ["packages", "apps", "test", "scripts", "bench"].flatMap((folder) => listFiles(folder, /\.test\.tsx?$/));
  const forgotten = onDisk.filter((file) => !ran.has(file));
  for (const file of forgotten) console.error(`No test project ran ${file}`);
  const isComplete = forgotten.length === 0 && onDisk.length > 0;
  const counts = isComplete ? { code: 0, passed: 1, failed: 0 } : { code: 1, passed: 0, failed: 1 };
  return { ...counts, title: `Every test file ran (${onDisk.length})`, seconds: 0 };
}

function report(outcomes, wantedCount) {
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  const firstFailure = outcomes.find(({ code }) => code !== 0);
  console.log("");
  for (const { code, title, seconds, files, ...counts } of outcomes) {
    const tests = files ? `, ${counts.passed} passed, ${counts.failed} failed` : "";
    console.log(`${code === 0 ? "✓" : "✗"} ${title} (${seconds.toFixed(1)} s${tests})`);
  }
  const left = wantedCount - outcomes.length;
  if (left > 0) console.log(`  ${left} more steps were not run`);
  if (firstFailure) console.log(`\nFirst failure: ${firstFailure.title}, exit code ${firstFailure.code}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  mkdirSync(dirname(resultFile), { recursive: true });
  writeFileSync(resultFile, JSON.stringify({ passed, failed }));
  return firstFailure?.code ?? 0;
}
