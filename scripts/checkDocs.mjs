// Holds the programs in the documentation to the packages as they are: each must compile, and those marked `run` must run
// against a local server and print what the text says.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { readCodeBlocks } from "./docBlocks.mjs";
import { root } from "./installMissing.mjs";
import { listFiles } from "./listFiles.mjs";
import { runCommand } from "./runCommand.mjs";

const folder = "node_modules/.cache/docs";
const options = {
  target: "es2022",
  lib: ["es2023", "dom", "dom.iterable", "esnext.disposable"],
  module: "esnext",
  moduleResolution: "bundler",
  moduleDetection: "force",
  jsx: "react-jsx",
  strict: true,
  allowJs: true,
  checkJs: true,
  noEmit: true,
  skipLibCheck: true,
  types: ["node"],
};

const documents = ["README.md", "CONTRIBUTING.md", ...["docs", "packages", "apps"].flatMap((place) => listFiles(place, /\.md$/))];
const blocks = documents
  .filter((document) => !document.endsWith("CHANGELOG.md"))
  .flatMap((document) => readCodeBlocks(readFileSync(join(root, document), "utf8")).map((block) => ({ document, ...block })));

rmSync(join(root, folder), { recursive: true, force: true });
mkdirSync(join(root, folder), { recursive: true });
for (const block of blocks) {
  block.app = block.document.replaceAll(/[/.]/g, "-");
  block.file = `${folder}/${block.app}/${block.path ?? `line${block.line}.${block.language}`}`;
  mkdirSync(dirname(join(root, block.file)), { recursive: true });
  // As many lines above the code as in the document, so that a complaint names the line there.
  writeFileSync(join(root, block.file), `${"\n".repeat(block.line - 1)}${block.code}\n${block.given}`);
}
cpSync(join(root, "scripts/docModules.d.mts"), join(root, folder, "modules.d.ts"));
// The files of one app find each other, and those of one document add to those of another: a test to the app that it tests.
const apps = [...new Set(blocks.filter(({ path }) => path).map(({ app }) => `./${app}`))];
const found = { rootDirs: apps, paths: { "@/*": apps.map((app) => `${app}/*`) } };
writeFileSync(join(root, folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...options, ...found }, include: ["**/*"] }));

let failures = blocks.length === 0 ? 1 : 0;
if ((await runCommand(["tsc", "-p", folder], { timeoutMs: 60_000 })) !== 0) failures += 1;
const programs = blocks.filter((block) => block.runs);
if (programs.length > 0) await runAll();
console.log(`${blocks.length} programs in ${documents.length} documents, ${programs.length} of them run: ${failures === 0 ? "all hold" : "see above"}`);
process.exitCode = failures > 0 ? 1 : 0;

async function runAll() {
  const { createLocalServer } = await import("@miosa/local");
  const server = await createLocalServer();
  try {
    for (const program of programs) await run(program, { MIOSA_BASE_URL: server.baseUrl, MIOSA_API_KEY: server.apiKey });
    if (server.sandboxes.count > 0) fail("the programs", `left ${server.sandboxes.count} sandboxes behind`);
  } finally {
    await server.close();
  }
}

async function run({ document, line, file, code, language, prints }, env) {
  const program = join(root, file.replace(/\.\w+$/, ".mjs"));
  const { code: script } = await transform(code, { loader: language });
  writeFileSync(program, script);
  const { status, stdout, stderr } = await runProgram(program, env);
  const place = `${document}:${line}`;
  if (status !== 0) fail(place, `ended with exit code ${status}:\n${stderr}`);
  else if (prints !== undefined && stdout !== prints) fail(place, `printed\n${stdout}\nand not\n${prints}`);
}

// Asynchronously, for the server that it talks to lives in this process.
function runProgram(program, env) {
  return new Promise((resolve) => {
    execFile(process.execPath, [program], { cwd: root, env: { ...process.env, ...env }, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
  });
}

function fail(place, reason) {
  failures += 1;
  console.error(`${place}: ${reason}`);
}
