import { parseArgs } from "node:util";
import { type DriverName, isDriverName } from "../drivers/chooseDriver.js";

/** What the command line asks for. */
export type CliRequest =
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "wrong"; message: string }
  | { kind: "serve"; port: number; host: string; keys: string[]; origins: string[]; json: boolean; dataDir: string | undefined; stateDir: string | undefined; driver: DriverName | undefined; isolation: "required" | "preferred"; warmPool: number; egress: readonly string[]; program: readonly string[] };

/** The port that the command listens on unless told otherwise. */
export const defaultPort = 4747;

/** Sandboxes that the command boots ahead unless told otherwise. */
const defaultWarmPool = 1;

export const helpText = `Usage: miosa-local [options] [-- program [arguments]]

Runs an API-compatible MIOSA server on this machine. Sandboxes are real: their commands are really run.
With a program, runs it with MIOSA_BASE_URL and MIOSA_API_KEY set to the server, which ends when the program does.

Options:
  --port <number>      Port to listen on; 0 takes a free one. Default ${defaultPort}, and a free one with a program.
  --host <address>     Loopback address to listen on: 127.0.0.1, localhost or ::1. Default 127.0.0.1.
  --key <key>          API key to accept, starting with msk_; may be repeated, and each key sees its own sandboxes only.
                       Default: a fresh random key at each start, or the state directory's own.
  --allow-origin <url> Web origin whose pages may use the server; may be repeated. Default: none.
  --data-dir <path>    Directory for the sandboxes' files while the server runs. Default: the system's temporary directory.
  --state-dir <path>   Directory in which sandboxes with their files, snapshots, usage and the key outlive the server. Made when it
                       is not there; one server at a time may use it. Default: none, and nothing outlives the server.
  --driver <name>      How sandboxes are run: bwrap and unshare isolate them, process does not. Default auto: the first of these
                       that works here; never process for root.
  --require-isolation  Do not start when nothing would isolate the sandboxes.
  --allow-egress <host[:port]>
                       Host outside that sandboxes may connect to, by HTTP or TLS; may be repeated. *.example.com is every name below.
                       Without a port: 80 and 443. Default: none, sandboxes have no network. Not with --driver process.
  --warm <number>      Sandboxes to boot before they are asked for. Default ${defaultWarmPool}.
  --json               Write one JSON object a line, for programs.
  --version            Print the version.
  --help               Print this.

Ctrl-C destroys all sandboxes with their processes and files. With --state-dir it stops them, and the next start has them.
`;

const options = {
  port: { type: "string" },
  host: { type: "string" },
  key: { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  "data-dir": { type: "string" },
  "state-dir": { type: "string" },
  driver: { type: "string" },
  "require-isolation": { type: "boolean" },
  warm: { type: "string" },
  "allow-egress": { type: "string", multiple: true },
  json: { type: "boolean" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the arguments that follow the command's name. */
export function readArguments(args: readonly string[]): CliRequest {
  try {
    const end = args.includes("--") ? args.indexOf("--") : args.length;
    const program = args.slice(end + 1);
    const { values } = parseArgs({ args: args.slice(0, end), options, strict: true, allowPositionals: false });
    if (values.help) return { kind: "help" };
    if (values.version) return { kind: "version" };
    if (end < args.length && program.length === 0) return { kind: "wrong", message: "-- must be followed by the program to run." };
    const port = Number(values.port ?? (program.length > 0 ? 0 : defaultPort));
    if (!Number.isInteger(port) || port < 0 || port > 65_535 || values.port === "") {
      return { kind: "wrong", message: "--port must be a number from 0 to 65535." };
    }
    const { driver, "state-dir": stateDir } = values;
    if (stateDir === "") return { kind: "wrong", message: "--state-dir needs the path of a directory." };
    if (driver !== undefined && !isDriverName(driver)) return { kind: "wrong", message: "--driver must be auto, bwrap, unshare or process." };
    const warmPool = Number(values.warm ?? defaultWarmPool);
    if (!Number.isInteger(warmPool) || warmPool < 0 || warmPool > 100) return { kind: "wrong", message: "--warm must be a number from 0 to 100." };
    return {
      kind: "serve",
      driver,
      isolation: values["require-isolation"] ? "required" : "preferred",
      warmPool,
      egress: values["allow-egress"] ?? [],
      port,
      host: values.host ?? "127.0.0.1",
      keys: values.key ?? [],
      origins: values["allow-origin"] ?? [],
      json: values.json ?? false,
      dataDir: values["data-dir"],
      stateDir,
      program,
    };
  } catch (error) {
    // parseArgs says what is wrong with the command line in its error's message.
    return { kind: "wrong", message: error instanceof Error ? error.message : String(error) };
  }
}
