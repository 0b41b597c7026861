import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { BoxFileError, BoxRequestError, type SandboxBox, type SandboxDriver } from "../../src/index.js";
import { attempts } from "./attempts.js";
import { fileAttempts } from "./fileAttempts.js";

/** What came of an attempt. */
export interface AttemptResult {
  readonly name: string;
  readonly isRefused: boolean;
  /** What was seen, for whoever reads a failure. */
  readonly seen: string;
}

/**
 * Tries to get out of a box in every way that {@link attempts} and {@link fileAttempts} know. `isHarmlessOnly` leaves out those that
 * would do damage where nothing isolates. The process that calls it must have been started with `MIOSA_ESCAPE_SECRET` in its environment.
 */
export async function runAttempts(makeDriver: (dataDir: string) => SandboxDriver, isHarmlessOnly: boolean): Promise<AttemptResult[]> {
  const [token, otherToken] = [randomBytes(12).toString("hex"), randomBytes(12).toString("hex")];
  const dataDir = await mkdtemp(join(tmpdir(), "miosa-escape-"));
  await chmod(dataDir, 0o711);
  // Not in /tmp, which every box has one of.
  const hostFile = join("/var/tmp", `miosa-host-${token}`);
  await writeFile(hostFile, token, { mode: 0o644 });
  const abstract = `miosa-escape-${token}`;
  const servers = [await listen(0), await listen(`\0${abstract}`)];
  const driver = makeDriver(dataDir);
  const signal = AbortSignal.timeout(300_000);
  try {
    const probe = await driver.probe();
    if (!probe.ok) throw new Error(`${driver.name}: ${probe.reason}`);
    const other = await driver.create({ id: "other", signal });
    const box = await driver.create({ id: "box", signal });
    await Promise.all([other.waitReady(signal), box.waitReady(signal)]);
    await other.files.write("secret", Buffer.from(otherToken));
    const address = servers[0]?.address();
    const env = {
      TOKEN: token,
      OTHER_TOKEN: otherToken,
      HOST_FILE: hostFile,
      DATA_DIR: dataDir,
      HOST_PORT: String(typeof address === "object" ? address?.port : ""),
      HOST_SOCKET: abstract,
      SERVER_PID: String(process.pid),
    };
    const results: AttemptResult[] = [];
    for (const { name, command, isOpenWithoutIsolation = false, needsSeccomp = false } of attempts) {
      if (isHarmlessOnly && !isOpenWithoutIsolation) continue;
      if (needsSeccomp && driver.isolation === "namespaces-noseccomp") continue;
      const output = await run(box, `${command}; echo TRIED`, env);
      results.push({ name, isRefused: output.includes("TRIED") && !output.includes("ESCAPED"), seen: output });
    }
    await run(box, "echo own > own; ln -sfn $HOST_FILE link; ln -sfn $(dirname $HOST_FILE) directory; ln -sfn /etc/not-there dangling; ln -sfn /proc/1/root root", env);
    for (const attempt of fileAttempts) {
      const seen = await outcomeOf(() => attempt.try(box, hostFile), token);
      results.push({ name: `files: ${attempt.name}`, ...seen });
    }
    return results;
  } finally {
    await driver.close();
    for (const server of servers) server.close();
    await rm(hostFile, { force: true });
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function outcomeOf(attempt: () => Promise<unknown>, token: string): Promise<Pick<AttemptResult, "isRefused" | "seen">> {
  try {
    const value = await attempt();
    const text = JSON.stringify(value) ?? "";
    return { isRefused: false, seen: text.includes(token) ? "the host's file" : text.slice(0, 200) };
  } catch (error) {
    if (error instanceof BoxFileError) return { isRefused: ["FORBIDDEN_PATH", "NOT_FOUND", "INVALID_PATH"].includes(error.code), seen: error.code };
    if (error instanceof BoxRequestError) return { isRefused: true, seen: error.message };
    return { isRefused: false, seen: error instanceof Error ? error.message : String(error) };
  }
}

async function run(box: SandboxBox, command: string, env: Readonly<Record<string, string>>): Promise<string> {
  let output = "";
  const execution = await box.exec({
    argv: ["bash", "-c", command],
    env,
    signal: AbortSignal.timeout(20_000),
    onOutput: (_, bytes) => void (output = (output + Buffer.from(bytes).toString()).slice(-2_000)),
  });
  await execution.exited;
  return output;
}

function listen(where: number | string): Promise<Server> {
  const server = createServer((socket) => socket.end());
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (typeof where === "number") server.listen(where, "127.0.0.1", () => resolve(server));
    else server.listen(where, () => resolve(server));
  });
}
