import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./findChromium.mjs";

/** Folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** What `node_modules` lacks of the lock file: a path, or undefined when everything needed is there. */
export function firstMissingPackage(folder = root) {
  const installedFile = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return "node_modules";
  const wanted = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes("node_modules/")) continue;
    const found = installed[path];
    // Binaries of other platforms are in the lock and never in node_modules.
    if (!found && entry.optional) continue;
    if (!found || found.version !== entry.version || !existsSync(join(folder, path))) return path;
  }
  return undefined;
}

/** Runs `npm ci` when `node_modules` is absent or not what the lock file says. Returns the exit code. */
export function installPackages() {
  const missing = firstMissingPackage();
  if (missing === undefined) return 0;
  console.log(`Installing packages (${missing} is missing or out of date): npm ci`);
  return run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Makes sure that there is a Chromium to test with: one on the PATH, else Debian's package when we may install it. Returns the exit code. */
export function installChromium() {
  if (findChromium()) return 0;
  const packages = "chromium fonts-liberation";
  if (installDebian("Chromium", packages) && findChromium()) return 0;
  console.error(
    "No Chromium found, and the browser tests need one. Install it and run this again:\n" +
      `  sudo sh -c "${debianCommand(packages)}"\n` +
      "or name one that is already there: CHROMIUM_PATH=/path/to/chromium npm test",
  );
  return 1;
}

/** Makes sure that there is a bubblewrap, with which the local server isolates sandboxes, likewise. Returns the exit code. */
export function installBubblewrap() {
  const isThere = () => process.platform !== "linux" || existsSync("/usr/bin/bwrap");
  if (isThere()) return 0;
  if (installDebian("bubblewrap", "bubblewrap") && isThere()) return 0;
  console.error(
    "No bubblewrap found, and the tests of isolation need it. Install it and run this again:\n" +
      `  sudo sh -c "${debianCommand("bubblewrap")}"`,
  );
  return 1;
}

/** Path of Debian's Firefox, with which the matrix of runtimes is tested. */
export const firefoxPath = "/usr/bin/firefox-esr";

/** Makes sure that there is a Firefox for the matrix of runtimes, likewise. Returns the exit code. */
export function installFirefox() {
  const isThere = () => existsSync(firefoxPath);
  if (isThere() || (installDebian("Firefox", "firefox-esr") && isThere())) return 0;
  console.error(
    `No Firefox found at ${firefoxPath}, and the matrix of runtimes needs one. Install it and run this again:\n` +
      `  sudo sh -c "${debianCommand("firefox-esr")}"`,
  );
  return 1;
}

/** Debian's packages of the programs that tests of the local server run: a desktop and a terminal in it, clients in other languages, network tools. */
const packageOf = { Xvfb: "xvfb", xdotool: "xdotool", maim: "maim", xterm: "xterm", python3: "python3", curl: "curl", ip: "iproute2" };

/** Makes sure that they are there, likewise. */
export function installTestPrograms() {
  const isThere = (program) => spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], { stdio: "ignore" }).status === 0;
  const missing = () => Object.entries(packageOf).flatMap(([program, name]) => (isThere(program) ? [] : [name]));
  if (process.platform !== "linux" || missing().length === 0) return 0;
  if (installDebian(missing().join(", "), missing().join(" ")) && missing().length === 0) return 0;
  console.error(
    "Programs that the tests of the local server run are missing. Install them and run this again:\n" +
      `  sudo sh -c "${debianCommand(missing().join(" "))}"`,
  );
  return 1;
}

function debianCommand(packages) {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
}

function installDebian(title, packages) {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return false;
  console.log(`Installing ${title}: ${debianCommand(packages)}`);
  return run("sh", ["-c", debianCommand(packages)], { ...process.env, DEBIAN_FRONTEND: "noninteractive" }) === 0;
}

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status ?? 1;
}
