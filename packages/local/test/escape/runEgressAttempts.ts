import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressOptions, SandboxBox, SandboxDriver } from "../../src/index.js";
import { allowedRequests, egressAttempts, type EgressPlaces, listedNames, names } from "./egressAttempts.js";
import type { AttemptResult } from "./runAttempts.js";

const proxyPort = 3128;

/**
 * Tries to get further by the way out than its list says, in every way that {@link egressAttempts} knows, and whether what is listed gets
 * through. With `isOpen` the closed port is listed too.
 */
export async function runEgressAttempts(makeDriver: (options: { dataDir: string; egress: EgressOptions }) => SandboxDriver, isOpen: boolean): Promise<AttemptResult[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "miosa-egress-"));
  await chmod(dataDir, 0o711);
  let reached = 0;
  const closed = await listen(() => (reached += 1), "REACHED");
  const listed = await listen(() => {}, "LISTED");
  const places: EgressPlaces = { closed: portOf(closed), listed: portOf(listed), ownAddress: ownAddress() };
  const egress: EgressOptions = {
    allow: [
      ...["allowed.test", "*.wild.test", "127.0.0.1"].map((host) => `${host}:${places.listed}`),
      ...listedNames.map((host) => `${host}:${places.closed}`),
      ...(isOpen ? [`localhost:${places.closed}`] : []),
    ],
    resolve: createResolver(),
    connectTimeoutMs: 1_800,
  };
  const driver = makeDriver({ dataDir, egress });
  const signal = AbortSignal.timeout(120_000);
  try {
    const probe = await driver.probe();
    if (!probe.ok) throw new Error(`${driver.name}: ${probe.reason}`);
    const box = await driver.create({ id: "box", signal });
    await box.waitReady(signal);
    const results: AttemptResult[] = [];
    for (const { name, say, statuses = [400, 403], isOpenWhenListed = false } of egressAttempts) {
      if (isOpen && !isOpenWhenListed) continue;
      reached = 0;
      const seen = await sayIn(box, say(places));
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(seen)?.[1] ?? 0);
      results.push({ name, isRefused: reached === 0 && !seen.includes("REACHED") && statuses.includes(status), seen });
    }
    for (const { name, say } of isOpen ? [] : allowedRequests) {
      const seen = await sayIn(box, say(places));
      results.push({ name, isRefused: !seen.includes("LISTED"), seen });
    }
    return results;
  } finally {
    await driver.close();
    closed.close();
    listed.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function createResolver(): (host: string) => Promise<readonly string[]> {
  const asked = new Set<string>();
  return async (host) => {
    const [first, later = first] = names[host] ?? [[]];
    if (!asked.has(host)) {
      asked.add(host);
      return first;
    }
    return later;
  };
}

/** Says something to the proxy from inside a box, to the byte, and waits for the whole answer. */
async function sayIn(box: SandboxBox, text: string): Promise<string> {
  const connection = await box.dial(proxyPort, AbortSignal.timeout(5_000));
  const late = setTimeout(() => connection.destroy(), 5_000);
  let answer = "";
  connection.on("data", (bytes: Buffer) => void (answer += bytes.toString("latin1")));
  connection.once("end", () => connection.destroy());
  const over = new Promise((resolve) => connection.once("close", resolve));
  connection.write(text);
  await over;
  clearTimeout(late);
  return answer.slice(0, 2_000);
}

function ownAddress(): string {
  const found = Object.values(networkInterfaces()).flatMap((device) => device ?? []).find(({ internal, family }) => !internal && family === "IPv4");
  return found?.address ?? "127.0.0.1";
}

function listen(onConnection: () => void, word: string): Promise<Server> {
  const server = createServer((socket) => {
    onConnection();
    socket.on("error", () => {}); // who asked has left
    socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${word.length}\r\nConnection: close\r\n\r\n${word}`));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
