import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import type { SandboxBox } from "../drivers/driver.js";
import { HttpProblem } from "../http/httpProblem.js";
import { runTool } from "./runTool.js";

/** Size of a computer's screen, in pixels. */
export const screenSize = { width: 1_280, height: 800 } as const;

/** A screen that runs in a box. */
export interface Display {
  readonly number: number;
  /** What a program needs in its environment to find the screen. */
  readonly env: { readonly DISPLAY: string; readonly XAUTHORITY: string };
}

/** Programs that a desktop is made of, and the Debian packages that they come from. */
const tools = { Xvfb: "xvfb", xdotool: "xdotool", maim: "maim" } as const;

/** Where X servers have their sockets. The name is built into them and into all that connects to them. */
const socketDirectory = "/tmp/.X11-unix";

const missingTools = 90;

/**
 * Says which of its arguments are not installed, or starts a screen in the background and says its number and where its key is.
 * The screen takes the first free number. It must not repeat keys that a slow machine holds down for too long, and must not
 * forget the pointer when the last program leaves it.
 */
const script = `
missing=
for tool in "\${@:3}"; do type -P -- "$tool" >/dev/null || missing+=" $tool"; done
[ -z "$missing" ] || { echo "$missing"; exit ${missingTools}; }
umask 077
dir=$(mktemp -d "\${TMPDIR:-/tmp}/desktop.XXXXXXXX") || exit 1
base64 -d <<<"$1" >"$dir/authority" || exit 1
read -r -t 15 number < <(exec setsid Xvfb -displayfd 3 -screen 0 "$2" -nolisten tcp -auth "$dir/authority" -noreset -r 3>&1 >"$dir/log" 2>&1 </dev/null)
[ -n "$number" ] || { tail -c 400 "$dir/log" >&2; exit 1; }
printf '%s\\n' "$number" "$dir/authority"
`;

/** Starts a screen in a box. It ends with the box. Throws a 409 that names the missing packages, or a 502 when it does not start. */
export async function startDisplay(box: SandboxBox, signal: AbortSignal): Promise<Display> {
  const argv = ["bash", "-c", script, "desktop", authority().toString("base64"), `${screenSize.width}x${screenSize.height}x24`, ...Object.keys(tools)] as const;
  const { exitCode, stdout, stderr } = await runTool(box, { argv: [...argv], timeoutMs: 20_000, signal });
  if (exitCode === missingTools) throw notInstalled(stdout.toString().trim().split(" "));
  const [, number, path] = /^(\d{1,5})\n(\/.+)\n$/.exec(stdout.toString()) ?? [];
  if (exitCode !== 0 || number === undefined || path === undefined) {
    throw new HttpProblem("AGENT_UNAVAILABLE", "The computer's screen did not start.", { details: { log: stderr.trim().slice(-400) } });
  }
  return { number: Number(number), env: { DISPLAY: `:${number}`, XAUTHORITY: path } };
}

/** Removes the socket that a killed screen leaves in the host's own directory, where nothing isolates the box that it ran in. */
export function removeSocket({ number }: Display): void {
  if (process.platform !== "linux") return;
  const path = `${socketDirectory}/X${number}`;
  const isTakenAgain = readFileSync("/proc/net/unix", "utf8").split("\n").some((line) => line.endsWith(` ${path}`));
  if (!isTakenAgain) rmSync(path, { force: true });
}

function notInstalled(missing: readonly string[]): HttpProblem {
  const packages = Object.entries(tools).flatMap(([tool, name]) => (missing.includes(tool) ? [name] : []));
  return new HttpProblem(
    "DESKTOP_UNAVAILABLE",
    `A desktop needs programs that are not installed on the server's machine: ${missing.join(", ")}. On Debian: apt-get install --no-install-recommends ${packages.join(" ")}`,
    { details: { missing, packages } },
  );
}

/** A fresh key for one screen, as an Xauthority file holds it: for every address and number. */
function authority(): Buffer {
  const anyAddress = Buffer.from([0xff, 0xff]);
  const fields = ["", "", "MIT-MAGIC-COOKIE-1", randomBytes(16)].map((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.byteLength);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat([anyAddress, ...fields]);
}
