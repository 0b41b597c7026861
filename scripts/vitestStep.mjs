import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./installMissing.mjs";
import { runCommand } from "./runCommand.mjs";

const folder = "node_modules/.cache/test-reports";

/**
 * Runs test projects. Resolves to the exit code and the counts of Vitest's own report. A run that ends without a report, a file
 * that could not be loaded and a test that was skipped each count as a failure.
 */
export async function runVitest(projects, filters, timeoutMs) {
  const file = join(root, folder, `${projects.join("-")}.json`);
  mkdirSync(join(root, folder), { recursive: true });
  rmSync(file, { force: true });
  const options = projects.flatMap((project) => ["--project", project]);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  // Real sockets, processes and browsers share two cores in CI: one second chance there, which Vitest shows as "retry x1".
  const retry = process.env["CI"] ? ["--retry=1"] : [];
  const code = await runCommand(["vitest", "run", ...options, ...retry, ...reporters, ...filters], { timeoutMs });
  if (!existsSync(file)) {
    console.error("Vitest ended without a report");
    return { code: code || 1, passed: 0, failed: 1, files: [] };
  }
  const counts = readReport(JSON.parse(readFileSync(file, "utf8")));
  const unaccounted = code !== 0 && counts.failed === 0 ? 1 : 0;
  return { ...counts, failed: counts.failed + unaccounted, code: code || (counts.failed > 0 ? 1 : 0) };
}

/** Counts of a report of Vitest's JSON reporter, and the test files it names, relative to the root. */
export function readReport(report) {
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults, name, message } of report.testResults) {
    const failures = assertionResults.filter((test) => test.status === "failed");
    const skipped = assertionResults.filter((test) => test.status !== "passed" && test.status !== "failed");
    passed += assertionResults.length - failures.length - skipped.length;
    failed += failures.length + skipped.length;
    for (const { fullName } of skipped) console.error(`Not run: ${relative(root, name)}: ${fullName}`);
    if (assertionResults.length === 0) console.error(`No test in ${relative(root, name)}: ${message}`);
    if (failures.length + skipped.length === 0 && (status === "failed" || assertionResults.length === 0)) failed += 1;
  }
  return { passed, failed, files: report.testResults.map(({ name }) => relative(root, name)) };
}
