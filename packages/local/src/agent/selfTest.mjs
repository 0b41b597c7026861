import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { connect } from "node:net";

/** @typedef {{ name: string, ok: boolean, found: string }} Check what was looked at, whether it is as promised, and what was seen */

/**
 * Looks from inside whether the box keeps what its driver promises.
 * @param {{ seccomp: boolean }} promised
 * @returns {Promise<Check[]>}
 */
export async function selfTest(promised) {
  const status = readText("/proc/self/status");
  const field = (/** @type {string} */ name) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "absent";
  return [
    ...(promised.seccomp ? [check("seccomp", field("Seccomp"), (found) => found === "2")] : []),
    check("no new privileges", field("NoNewPrivs"), (found) => found === "1"),
    ...["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"].map((name) => check(name, field(name), (found) => /^0+$/.test(found))),
    check("not root", String(process.getuid?.()), (found) => found !== "0"),
    check("own processes only", String(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length), (found) => Number(found) <= 4),
    check("no environment of the server", readText("/proc/1/environ"), (found) => found === "" || found === "unreadable"),
    check("no host passwords", readText("/etc/shadow"), isUnreadable),
    check("no home of root", listNames("/root"), isUnreadable),
    check("no system directory", listNames("/sys"), isUnreadable),
    ...["/workspace", "/home/user", "/tmp"].map((place) => check(`${place} can be written`, tryWriting(place), (found) => found === "written")),
    ...["/", "/usr", "/etc", "/dev", "/run"].map((place) => check(`${place} cannot be written`, tryWriting(place), (found) => found !== "written")),
    check("loopback network only", networkDevices(), (found) => found === "lo"),
    check("loopback works", await tryLoopback(), (found) => found === "ECONNREFUSED"),
  ];
}

/**
 * @param {string} name
 * @param {string} found
 * @param {(found: string) => boolean} isGood
 * @returns {Check}
 */
function check(name, found, isGood) {
  return { name, ok: isGood(found), found: found.slice(0, 80) };
}

/** @param {string} found */
function isUnreadable(found) {
  return found === "unreadable";
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "unreadable";
  }
}

/** @param {string} path */
function listNames(path) {
  try {
    return readdirSync(path).join(" ");
  } catch {
    return "unreadable";
  }
}

/** @param {string} place */
function tryWriting(place) {
  const path = `${place === "/" ? "" : place}/.miosa-check-${process.pid}`;
  try {
    mkdirSync(path);
    rmdirSync(path);
    return "written";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "failed";
  }
}

function networkDevices() {
  return readText("/proc/net/dev").split("\n").flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []).join(" ");
}

/** @returns {Promise<string>} */
function tryLoopback() {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: 1 });
    socket.once("connect", () => {
      socket.destroy();
      resolve("connected");
    });
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : "failed"));
  });
}
