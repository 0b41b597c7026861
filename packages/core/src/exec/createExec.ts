import type { Transport } from "../http/transport.js";
import { runCommand, runPython } from "./runCommand.js";
import { spawnCommand } from "./spawnCommand.js";
import { streamCommand } from "./streamCommand.js";
import type { Exec } from "./types.js";

/** The `exec` namespace over a transport. */
export function createExec(transport: Transport): Exec {
  return {
    run: (id, input, options) => runCommand(transport, id, input, options),
    bash: (id, input, options) => runCommand(transport, id, input, options),
    python: (id, input, options) => runPython(transport, id, input, options),
    stream: (id, input, options) => streamCommand(transport, id, input, options),
    spawn: (id, input, options) => spawnCommand(transport, id, input, options),
  };
}
