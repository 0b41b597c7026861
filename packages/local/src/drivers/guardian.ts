import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { withoutInherited } from "./inheritedFiles.js";

/** Ends process groups that a server leaves behind when it is killed. */
export interface Guardian {
  /** Ends the group of this number with the server. When it returns, that holds already. The returned function calls it off. */
  watch(group: number): () => void;
  /** Ends the groups that are still watched. Resolves when its own process has ended. */
  close(): Promise<void>;
}

/** Keeps the groups that it is told of in a list, and kills those that are on it when its input ends, as it does with the server. */
const script = `
groups=" "
while read -r sign group; do
  case "$sign$groups" in
    +*) groups="$groups$group " ;;
    -*" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
`;

/** Makes a guardian, a process of its own that is started by the first group. */
export function createGuardian(): Guardian {
  const watched = new Set<number>();
  let child: ChildProcess | undefined;

  function start(): ChildProcess {
    const started = spawnGuardian();
    // Should it be killed, the next group starts another one, which is told of all.
    const forget = (): void => void (child === started && (child = undefined));
    started.once("exit", forget);
    started.once("error", forget); // there is no shell: then boxes go by their launcher's own means
    for (const group of watched) tell(started, "+", group);
    return started;
  }

  return {
    watch(group) {
      if (child) tell(child, "+", group);
      watched.add(group);
      child ??= start();
      return () => {
        if (watched.delete(group) && child) tell(child, "-", group);
      };
    },
    async close() {
      const ending = child;
      child = undefined;
      watched.clear();
      if (!ending || ending.exitCode !== null || ending.signalCode !== null || ending.pid === undefined) return;
      const ended = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
      ending.ref();
      ending.stdin?.end();
      await ended;
    },
  };
}

function spawnGuardian(): ChildProcess {
  const nothing = openSync("/dev/null", "r+");
  try {
    // A group of its own, so that what is sent to the server's is not sent to it.
    const child = withoutInherited(["pipe", nothing, nothing], (stdio) => spawn("/bin/sh", ["-c", script, "miosa-guardian"], { env: {}, cwd: "/", detached: true, stdio }));
    child.unref();
    child.stdin?.on("error", () => {}); // it has ended
    unrefInput(child.stdin);
    return child;
  } finally {
    closeSync(nothing);
  }
}

/** Lets the server's process end although the pipe is open. */
function unrefInput(input: unknown): void {
  if (input instanceof Socket) input.unref();
}

function tell({ stdin }: ChildProcess, sign: "+" | "-", group: number): void {
  stdin?.write(`${sign} ${group}\n`);
}
