import { execTimeoutSec } from "@miosa/protocol";
import type { CommandRequest } from "../exec/runCommand.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { isObject } from "../isObject.js";

/** Longest single argument that Linux hands to a program, in bytes. */
const maxArgumentBytes = 128 * 1024 - 1;

/** Reads the body of `POST /computers/:id/exec`; `timeout` is in seconds. Contract 6.5. */
export function readCommand(body: Readonly<Record<string, unknown>>): CommandRequest {
  const { command, timeout = execTimeoutSec.default } = body;
  const cwd = body["working_dir"] ?? body["cwd"] ?? undefined;
  if (command === undefined) throw new HttpProblem("MISSING_PARAM", "command is required.");
  const wrong: Record<string, string[]> = {};
  const env = readEnvironment(body["env"] ?? {}, wrong);
  if (typeof command !== "string" || command.trim() === "") wrong["command"] = ["must be a string that is not empty"];
  else if (!fitsArgument(command)) wrong["command"] = [`must have at most ${maxArgumentBytes} bytes and no NUL`];
  if (typeof timeout !== "number" || !(timeout >= 1 && timeout <= execTimeoutSec.max)) {
    wrong["timeout"] = [`must be a number of seconds from 1 to ${execTimeoutSec.max}`];
  }
  if (cwd !== undefined && (typeof cwd !== "string" || cwd.includes("\0"))) wrong["working_dir"] = ["must be a string without NUL"];
  if (typeof command !== "string" || typeof timeout !== "number" || Object.keys(wrong).length > 0) throw validationProblem(wrong);
  return { command, timeoutSec: timeout, env, ...(typeof cwd === "string" && { cwd }) };
}

/**
 * Reads the body of `POST /sandboxes/:id/exec`: as that of a computer, with `timeout_sec` for `timeout`, or as `{ cmd, args }`.
 * Contract 4.7.
 */
export function readNativeCommand(body: Readonly<Record<string, unknown>>): CommandRequest {
  const { cmd, args = [], timeout = body["timeout_sec"], ...rest } = body;
  const timed = { ...rest, ...(timeout !== undefined && { timeout }) };
  if (body["command"] !== undefined || cmd === undefined) return readCommand(timed);
  if (typeof cmd !== "string" || !Array.isArray(args) || !args.every((arg) => typeof arg === "string")) {
    throw validationProblem({ args: ["must be a list of strings, beside cmd"] });
  }
  return readCommand({ ...timed, command: args.length === 0 ? cmd : [cmd, ...args.map(String)].map(quoted).join(" ") });
}

/** Reads the body of `POST /computers/:id/exec/stream`, whose `shell` runs the command. Contract 6.5. */
export function readShellCommand(body: Readonly<Record<string, unknown>>): CommandRequest {
  const request = readCommand(body);
  const { shell } = body;
  if (shell === undefined || shell === true || shell === "bash") return request;
  if (typeof shell !== "string" || shell === "" || shell.includes("\0")) throw validationProblem({ shell: ["must be the name of a shell"] });
  return { ...request, command: `exec ${quoted(shell)} -c ${quoted(request.command)}` };
}

/** A word that the shell takes as it is. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Reads the body of `POST /computers/:id/exec/python`. The code is handed over in a variable, which quotes nothing. Contract 6.5. */
export function readPython(body: Readonly<Record<string, unknown>>): CommandRequest {
  const { code } = body;
  if (code === undefined) throw new HttpProblem("MISSING_PARAM", "code is required.");
  if (typeof code !== "string" || code === "" || !fitsArgument(`${pythonVariable}=${code}`)) {
    throw validationProblem({ code: [`must be a string of 1 to ${maxArgumentBytes - pythonVariable.length - 1} bytes without NUL`] });
  }
  const request = readCommand({ ...body, command: `code=$${pythonVariable}; unset ${pythonVariable}; exec python3 -c "$code"` });
  return { ...request, env: { ...request.env, [pythonVariable]: code } };
}

const pythonVariable = "MIOSA_PYTHON_CODE";

function readEnvironment(value: unknown, wrong: Record<string, string[]>): Record<string, string> {
  const env: Record<string, string> = {};
  if (!isObject(value)) wrong["env"] = ["must be an object of strings"];
  else {
    for (const [name, text] of Object.entries(value)) {
      if (!/^[A-Za-z_]\w*$/.test(name)) wrong["env"] = ["has a name that is not a variable's name"];
      else if (typeof text !== "string" || !fitsArgument(`${name}=${text}`)) wrong["env"] = [`${name} must be a string without NUL`];
      else env[name] = text;
    }
  }
  return env;
}

function fitsArgument(text: string): boolean {
  return !text.includes("\0") && Buffer.byteLength(text) <= maxArgumentBytes;
}
