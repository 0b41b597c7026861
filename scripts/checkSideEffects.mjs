// Proves what `"sideEffects": false` promises: an entry that is imported and not used leaves nothing of ours behind. The flag
// itself is overruled, so that the bundler must find each module harmless by looking at its code.
import { build } from "vite";
import { root } from "./installMissing.mjs";
import { codeEntries, packageFolders, readManifest, runsInNodeOnly } from "./packageList.mjs";

let failures = 0;

for (const folder of packageFolders) {
  if (readManifest(folder).sideEffects !== false) fail(`${folder}: "sideEffects": false is missing from package.json`);
  for (const { specifier, js } of codeEntries(folder).filter((entry) => !runsInNodeOnly(entry.specifier))) {
    const left = await leftovers(`import ${JSON.stringify(js)};`);
    if (left === "") console.log(`${specifier}: leaves nothing behind`);
    else fail(`${specifier} does something when it is imported:\n${left}`);
  }
}

const probe = codeEntries("packages/core")[0].js;
for (const effect of ["globalThis.seen = true;", "setTimeout(() => {}, 1);", "document.title = 'seen';"]) {
  const left = await leftovers(`import ${JSON.stringify(probe)};`, { file: /packages\/core\/dist\/errors\.js$/, effect });
  if (left === "") fail(`the check does not see ${effect} put into a module of core, so it proves nothing`);
}
process.exitCode = failures > 0 ? 1 : 0;

async function leftovers(contents, planted) {
  const entry = "\0entry";
  const result = await build({
    configFile: false,
    logLevel: "silent",
    root,
    build: {
      write: false,
      minify: false,
      lib: { entry, formats: ["es"] },
      rolldownOptions: {
        input: entry,
        // Other people's packages answer for themselves.
        external: (id) => !/^(\0|\.|\/|@miosa\/)/.test(id),
        treeshake: { moduleSideEffects: (_, isExternal) => !isExternal, propertyReadSideEffects: false },
      },
    },
    plugins: [
      {
        name: "entry",
        resolveId: { order: "pre", handler: (id) => (id === entry ? id : undefined) },
        load: (id) => (id === entry ? contents : undefined),
        transform: (code, id) => ({
          code: planted?.file.test(id) ? `${planted.effect}\n${code}` : code,
          moduleSideEffects: true,
        }),
      },
    ],
  });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap(({ output }) => output);
  return outputs
    .map(({ code }) => code ?? "")
    .join("")
    .replaceAll(/^\/\/#.*$/gm, "")
    .trim();
}

function fail(message) {
  failures += 1;
  console.error(message);
}
