// Walks the built packages as bundlers do and proves that nothing meant for browsers and edge runtimes reaches a Node module,
// nor the local server. The same walk over code that does use Node shows that it would be seen.
import { relative } from "node:path";
import { hosts, walkImports } from "./importGraph.mjs";
import { root } from "./installMissing.mjs";
import { codeEntries, packageFolders, readManifest, runsInNodeOnly } from "./packageList.mjs";

let failures = 0;
let nodeEntriesSeen = 0;

for (const folder of packageFolders) {
  const peers = Object.keys(readManifest(folder).peerDependencies ?? {});
  const external = peers.flatMap((name) => [name, `${name}/*`]);
  for (const { specifier, js } of codeEntries(folder)) {
    if (runsInNodeOnly(specifier)) {
      const { nodeImports } = await walkImports(js, hosts.browser, external);
      if (nodeImports.length > 0) nodeEntriesSeen += 1;
      else fail(`${specifier}: the walk finds no Node module in an entry for Node, so it proves nothing`);
      continue;
    }
    for (const [host, conditions] of Object.entries(hosts)) await checkEntry(specifier, js, host, conditions, external);
  }
}

if (nodeEntriesSeen === 0) fail("no entry for Node was walked, so nothing shows that the walk can see Node modules");
process.exitCode = failures > 0 ? 1 : 0;

async function checkEntry(specifier, js, host, conditions, external) {
  const { files, nodeImports } = await walkImports(js, conditions, external);
  for (const { module, importer } of nodeImports) {
    fail(`${specifier} for ${host}: ${relative(root, importer)} imports ${module}`);
  }
  const local = files.filter((file) => file.startsWith("packages/local/"));
  if (local.length > 0) fail(`${specifier} for ${host}: reaches the local server: ${local[0]}`);
  // Core must have been followed into its dependencies, or the walk has stopped short.
  const ky = files.some((file) => file.includes("node_modules/ky/"));
  if (specifier === "@miosa/core" && !ky) fail(`${specifier} for ${host}: the walk did not reach ky`);
  if (nodeImports.length === 0 && local.length === 0) {
    console.log(`${specifier} for ${host}: ${files.length} files, no Node module`);
  }
}

function fail(message) {
  failures += 1;
  console.error(message);
}
