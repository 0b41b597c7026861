// Breaks each cell of the readiness machine in every way that readinessMutants.mjs knows, and demands that the test of that
// very cell goes red. One run of the test file breaks all cells at once, each in one way.
import { join } from "node:path";
import { createServer } from "vite";
import { startVitest } from "vitest/node";
import { root } from "./installMissing.mjs";
import { cellOf, mutantsOf } from "./readinessMutants.mjs";

const machine = join(root, "packages/core/src/readiness/readinessState.ts");
const tableTest = join(root, "packages/core/src/readiness/readinessState.test.ts");
const mutants = join(root, "scripts/readinessMutants.mjs");

/** Breaks the machine as it is loaded: the file itself stays as it is. */
function breaking(chosen) {
  return {
    name: "break-readiness",
    enforce: "pre",
    transform(code, id) {
      if (id !== machine) return undefined;
      const broken = code.replace("export function next(", "function unbrokenNext(");
      if (broken === code) throw new Error("readinessState.ts has no function `next` to break.");
      return `import { applyMutant, cellOf } from ${JSON.stringify(mutants)};
const chosen = ${JSON.stringify(chosen)};
${broken}
export function next(state: ReadinessState, event: ReadinessEvent, clock: ReadinessClock): ReadinessState {
  const unbroken = unbrokenNext(state, event, clock);
  const name = chosen[cellOf(state, event)];
  return name === undefined ? unbroken : applyMutant(name, state, unbroken, clock);
}`;
    },
  };
}

/** Names of the cells whose tests pass, and of those whose tests fail. */
async function runTable(chosen) {
  const options = { root, config: false, watch: false, include: [tableTest], reporters: [{}], passWithNoTests: false };
  const vitest = await startVitest("test", [], options, { plugins: [breaking(chosen)], logLevel: "silent" });
  const results = { passed: new Set(), failed: new Set() };
  for (const module of vitest.state.getTestModules()) {
    for (const test of module.children.allTests()) {
      const [cell] = /^\w+( \(\w+\))? while \w+/.exec(test.name) ?? [];
      if (cell !== undefined) results[test.result().state]?.add(cell);
    }
  }
  await vitest.close();
  return results;
}

async function readCells() {
  const vite = await createServer({ root, configFile: false, logLevel: "silent", server: { middlewareMode: true, ws: false }, appType: "custom" });
  try {
    const { next } = await vite.ssrLoadModule(machine);
    const { clock, events, states } = await vite.ssrLoadModule(join(root, "packages/core/test/readinessSamples.ts"));
    return Object.values(states).flatMap((state) =>
      Object.values(events)
        .flat()
        .map((event) => ({ cell: cellOf(state, event), names: mutantsOf(state, next(state, event, clock)) })),
    );
  } finally {
    await vite.close();
  }
}

const cells = await readCells();
const whole = await runTable({});
const untested = cells.filter(({ cell }) => !whole.passed.has(cell));
for (const { cell } of untested) console.error(`no passing test for: ${cell}`);

let killed = 0;
const survivors = [];
const runs = Math.max(...cells.map(({ names }) => names.length));
for (let run = 0; run < runs; run += 1) {
  const broken = cells.flatMap(({ cell, names }) => (names[run] === undefined ? [] : [{ cell, name: names[run] }]));
  const { failed } = await runTable(Object.fromEntries(broken.map(({ cell, name }) => [cell, name])));
  for (const { cell, name } of broken) {
    if (failed.has(cell)) killed += 1;
    else survivors.push(`${cell} ${name}`);
  }
}

for (const survivor of survivors) console.error(`survived: ${survivor}`);
console.log(`${cells.length} cells, ${killed + survivors.length} mutants: ${killed} killed, ${survivors.length} survived`);
process.exitCode = survivors.length + untested.length > 0 ? 1 : 0;
