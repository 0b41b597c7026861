import type { LocalServer } from "../createLocalServer.js";
import type { EgressEntry } from "../egress/egressOptions.js";
import type { LogEntry } from "../requestLog.js";

/** How the command tells what happens: for people, or as one JSON object a line. */
export interface CliOutput {
  started(server: LocalServer): string;
  /** The same above the output of a program that knows already where the server is. */
  startedFor(server: LocalServer): string;
  request(entry: Readonly<LogEntry>): string;
  /** A connection that a sandbox asked for. */
  connection(entry: Readonly<EgressEntry>): string;
  stopping(signal: string, server: LocalServer): string;
}

const isolatesNothing =
  "!!! NO ISOLATION: sandboxes are plain processes of your user. Commands in them can read and change everything you can, and reach every network that you can. Run trusted code only. !!!";

const isRoot = "!!! YOU ARE ROOT: commands in sandboxes can read and change everything on this machine. Start the server as another user. !!!";

/** Text for a terminal. */
export const textOutput: CliOutput = {
  started: (server) => `
  MIOSA local server on ${server.url}

  ${isolationLine(server)}
${stateLine(server)}
  export MIOSA_BASE_URL=${server.baseUrl}
  export MIOSA_API_KEY=${server.apiKey}

  Ctrl-C ${server.stateDir === undefined ? "destroys all sandboxes and stops" : "stops all sandboxes, and the next start has them"}.

`,
  startedFor: (server) => `MIOSA local server on ${server.url}\n${isolationLine(server)}\n\n`,
  request: ({ startedAt, method, path, status, durationMs = 0, code }) => {
    return `${timeOf(startedAt)} ${status} ${method.padEnd(6)} ${printable(path)} ${durationMs.toFixed(1)} ms${code === undefined ? "" : ` ${code}`}\n`;
  },
  connection: ({ sandboxId, target = "?", outcome, reason }) => `${timeOf(Date.now())} ${outcome} egress to ${target} by ${printable(sandboxId)}${reason === undefined ? "" : `: ${reason}`}\n`,
  stopping: (signal, { stateDir }) =>
    stateDir === undefined ? `\n${signal}: destroying all sandboxes.\n` : `\n${signal}: stopping all sandboxes. They are kept in ${stateDir}.\n`,
};

/** One JSON object a line. */
export const jsonOutput: CliOutput = {
  started: startedLine,
  startedFor: startedLine,
  request: (entry) => line({ type: "request", ...entry }),
  connection: (entry) => line({ type: "egress", ...entry }),
  stopping: (signal, { stateDir }) => line({ type: "stopping", signal, ...(stateDir !== undefined && { stateDir }) }),
};

function isolationLine({ isolation, driver, egress }: LocalServer): string {
  const why = driver.refused.map(({ name, reason }) => `${name} does not work here: ${reason.trim().replaceAll(/\s*\n\s*/g, " ")}`);
  const network = egress.length === 0 ? "Network of sandboxes: none" : `Network of sandboxes: ${egress.join(", ")}, through a proxy`;
  if (isolation !== "none") return [`Isolation: ${isolation}, by ${driver.name}`, network, ...why].join("\n  ");
  return [isolatesNothing, ...(process.getuid?.() === 0 ? [isRoot] : []), ...why].join("\n  ");
}

function stateLine({ stateDir }: LocalServer): string {
  return stateDir === undefined ? "" : `  State: ${stateDir}\n`;
}

function startedLine({ url, baseUrl, apiKey, port, isolation, driver, egress, stateDir }: LocalServer): string {
  const state = stateDir !== undefined && { stateDir };
  return line({ type: "started", url, baseUrl, apiKey, port, isolation, driver: driver.name, refused: driver.refused, egress, ...state });
}

function timeOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

// A path comes from the client: nothing in it may move the terminal's cursor or forge a line.
function printable(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]/g, "?").slice(0, 200);
}
