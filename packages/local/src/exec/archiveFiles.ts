import { createPieces } from "../agent/pieces.mjs";
import type { SandboxBox } from "../drivers/driver.js";

/** How the box's places are known to the script. */
const places = { "/workspace": "PWD", "/home/user": "HOME", "/tmp": "TMPDIR" } as const;

/** Its arguments are pairs of a variable that holds a directory, and a name in it. */
const script = `
args=()
while [ $# -gt 0 ]; do args+=(-C "\${!1}" "./$2"); shift 2; done
exec tar --create --gzip --file=- "\${args[@]}"
`;

/**
 * Packs files and directories of a box, inside it. Yields the bytes of a tar.gz as they come; leaving the loop ends the work. Throws
 * when a file cannot be read to its end.
 */
export async function* archiveFiles(box: SandboxBox, paths: readonly string[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const stop = new AbortController();
  const pieces = createPieces();
  let complaints = "";
  const execution = await box.exec({
    argv: ["bash", "-c", script, "archive", ...paths.flatMap(placeOf)],
    signal: AbortSignal.any([signal, stop.signal]),
    onOutput(stream, bytes) {
      if (stream === "stdout") return pieces.add(bytes);
      complaints = (complaints + Buffer.from(bytes).toString()).slice(-500);
      return undefined;
    },
  });
  void execution.exited.then(
    // 1 is what tar says when a file changed while it was read.
    ({ exitCode }) => (exitCode > 1 ? pieces.fail(new Error(`The files could not be packed: ${complaints}`)) : pieces.end()),
    (error: unknown) => pieces.fail(error),
  );
  try {
    yield* pieces.iterate();
  } finally {
    stop.abort();
  }
}

function placeOf(path: string): readonly [variable: string, name: string] {
  for (const [place, variable] of Object.entries(places)) {
    if (path === place) return [variable, ""];
    if (path.startsWith(`${place}/`)) return [variable, path.slice(place.length + 1)];
  }
  throw new Error("The path lies in none of the box's places.");
}
