// npm start: installs what is missing, builds what changed, starts everything and stops it on Ctrl-C.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buildPackages, buildPage } from "./buildDashboard.mjs";
import { installPackages, root } from "./installMissing.mjs";
import { readStartSettings, StartMistake, startHelp } from "./startSettings.mjs";

/** How long a stop may take, in milliseconds; what is left after it ends with the process. */
const stopDeadlineMs = 10_000;

/** How often npm is looked for, in milliseconds. */
const parentCheckMs = 500;

try {
  await start(readStartSettings(process.env, process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof StartMistake ? error.message : error);
  process.exitCode = 1;
}

async function start({ help, tenantFile, dev, remote, port, localPort, keepsState, stateDir }) {
  if (help) return console.log(startHelp);
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StartMistake(`Node 20.19 or newer is needed; this is ${process.versions.node}.`);
  }
  const tenant = tenantFile === undefined ? undefined : await readTenant(tenantFile);
  if (installPackages() !== 0) throw new StartMistake("The packages could not be installed; npm says above why.");
  if (buildPackages() !== 0) throw new StartMistake("The packages do not compile; the compiler says above why.");
  if (!dev && buildPage() !== 0) throw new StartMistake("The dashboard could not be built; the lines above say why.");

  // Only now is there something to import.
  const { startStack } = await import("./devStack.mjs");
  const state = keepsState ? { stateDir: stateDir ?? join(root, ".miosa"), isChosen: stateDir !== undefined } : undefined;
  const stack = await startStack({ port, localPort, remote, dev, tenant, state });
  stopOnSignal(stack);
  console.log(describe(stack, remote, tenant));
}

function describe({ url, local, unkept }, remote, tenant) {
  const api = local ? `${local.url} (local server)` : `${remote.baseUrl} (with MIOSA_API_KEY)`;
  const users = tenant === undefined ? "two demo customers and staff; switch between them at the top of the page" : "one demo user of this brand";
  const lines = ["", `  Dashboard  ${url}`, `  API        ${api}`, `  Signed in  ${users}`, ""];
  if (local) lines.splice(-1, 0, ...isolationOf(local), ...stateOf(local, unkept));
  return [...lines, local?.stateDir === undefined ? "  Ctrl-C stops everything." : "  Ctrl-C stops everything. The next start has the sandboxes, stopped, with their files.", ""].join("\n");
}

function stateOf({ stateDir }, unkept) {
  if (stateDir !== undefined) return [`  State      ${stateDir}`];
  return unkept === undefined ? [] : [`  State      not kept: ${unkept} MIOSA_STATE_DIR chooses another directory.`];
}

function isolationOf({ isolation, driver }) {
  if (isolation !== "none") return [`  Isolation  ${isolation}, by ${driver.name}`];
  const why = driver.refused.map(({ name, reason }) => `  ${name} does not work here: ${reason.trim().replaceAll(/\s*\n\s*/g, " ")}`);
  return ["", "  WARNING: the local server runs sandboxes as plain processes of your user. NOTHING ISOLATES THEM.", ...why];
}

function stopOnSignal(stack) {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) process.exit(130); // asked twice: the person does not want to wait
    isStopping = true;
    console.log("Stopping.");
    setTimeout(() => {
      console.error("Not everything stopped in time.");
      process.exit(1);
    }, stopDeadlineMs).unref();
    await stack.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop());
  // A SIGTERM to npm ends npm's shell and is not passed on to what runs in it: a new parent is the only sign of it.
  const parent = process.ppid;
  const stopAsOrphan = () => process.ppid !== parent && !isStopping && void stop();
  if (process.env["npm_lifecycle_event"] !== undefined) setInterval(stopAsOrphan, parentCheckMs).unref();
}

async function readTenant(file) {
  const tenant = await readJson(file);
  if (typeof tenant !== "object" || tenant === null || Array.isArray(tenant)) throw new StartMistake(`${file} must hold a JSON object.`);
  const { externalWorkspaceId = "default" } = tenant;
  if (typeof externalWorkspaceId === "string" && externalWorkspaceId.trim() !== "") return tenant;
  throw new StartMistake(`externalWorkspaceId in ${file} must be a text: your own id of the customer.`);
}

async function readJson(file) {
  try {
    return JSON.parse(await readFile(resolve(process.env["INIT_CWD"] ?? ".", file), "utf8"));
  } catch (error) {
    throw new StartMistake(`${file} cannot be read as JSON: ${error.message}`);
  }
}
