import { readFile } from "node:fs/promises";
import { jsonOutput, textOutput } from "./cli/cliOutput.js";
import { helpText, readArguments } from "./cli/readArguments.js";
import { runProgram } from "./cli/runProgram.js";
import { createLocalServer, type LocalServer } from "./createLocalServer.js";
import { isObject } from "./isObject.js";

/** Runs the command `miosa-local` with this process's arguments until a signal stops it, or the program that it runs ends. */
export async function main(): Promise<void> {
  const request = readArguments(process.argv.slice(2));
  if (request.kind === "help") return void process.stdout.write(helpText);
  if (request.kind === "version") return void process.stdout.write(`${await readVersion()}\n`);
  if (request.kind === "wrong") return fail(`${request.message}\nTry miosa-local --help.`);

  const output = request.json ? jsonOutput : textOutput;
  const { host, port, keys, origins, dataDir, stateDir, driver, isolation, warmPool, egress, program } = request;
  // Standard output belongs to the program, and what it does is seen there; the requests behind it are told to programs only.
  const own = program.length > 0 ? process.stderr : process.stdout;
  const isLogged = program.length === 0 || request.json;
  let server: LocalServer;
  try {
    server = await createLocalServer({
      host,
      port,
      allowOrigins: origins,
      isolation,
      warmPool,
      ...(driver !== undefined && { driver }),
      ...(keys.length > 0 && { apiKeys: keys }),
      ...(dataDir !== undefined && { dataDir }),
      ...(stateDir !== undefined && { stateDir }),
      ...(egress.length > 0 && {
        egress: {
          allow: egress,
          // What a sandbox did not get is for whoever sits in front of it, whatever else is shown.
          onConnection: (entry) => void (isLogged || entry.outcome !== "opened" ? own.write(output.connection(entry)) : undefined),
        },
      }),
      ...(isLogged && { onRequest: (entry) => void own.write(output.request(entry)) }),
    });
  } catch (error) {
    return fail(explain(error, port));
  }
  // A reader that went away, as in `miosa-local | head`, is no reason to leave sandboxes behind.
  own.on("error", () => {});
  own.write(program.length > 0 ? output.startedFor(server) : output.started(server));
  if (program.length > 0) return runBeside(server, program);
  const signal = await firstSignal();
  process.stdout.write(output.stopping(signal, server));
  await server.close();
}

async function runBeside(server: LocalServer, program: readonly string[]): Promise<void> {
  try {
    process.exitCode = await runProgram(program, { MIOSA_BASE_URL: server.baseUrl, MIOSA_API_KEY: server.apiKey });
  } catch (error) {
    fail(`${program[0]} could not be started: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await server.close();
  }
}

function fail(message: string): void {
  process.stderr.write(`miosa-local: ${message}\n`);
  process.exitCode = 1;
}

function explain(error: unknown, port: number): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return `Port ${port} is taken. Stop what uses it, or choose another with --port (0 takes a free one).`;
  if (code === "EACCES") return `Port ${port} may not be used by this user. Choose one above 1023 with --port.`;
  return error instanceof Error ? error.message : String(error);
}

/** Resolves with the first signal to stop. A second one ends the process at once. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(signal));
  });
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const manifest: unknown = JSON.parse(text);
  return isObject(manifest) ? String(manifest["version"]) : "unknown";
}
