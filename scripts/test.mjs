// The whole test run: installs what is missing, then types, lint, tests, packaging checks and sizes.
//   npm test                                  everything, up to the first step that fails
//   npm test -- --keep-going                  everything, whatever fails (the default when CI is set)
//   npm test -- --only unit,lint              some parts: types lint imports unit browser e2e packages docs runtimes
//                                             size; packages, docs and size look at what was built last. The matrix of
//                                             runtimes runs by itself in CI only.
//   npm test -- --only unit packages/core     only test files whose path contains this
import { installBubblewrap, installChromium, installTestPrograms, installPackages } from "./installMissing.mjs";

const installed = installPackages();
if (installed !== 0) {
  console.error("The packages could not be installed, so nothing was tested.");
  process.exit(installed);
}
// Loaded only now: it needs the packages.
const { runTests } = await import("./runTests.mjs");
process.exitCode = await runTests(process.argv.slice(2), { installChromium, installBubblewrap, installTestPrograms });
