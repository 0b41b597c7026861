import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import type { StdioOptions } from "node:child_process";

const closeOnExec = 0o2_000_000;

/**
 * Descriptors that this process got from whoever started it and that would go on to every child: a file that a shell or a
 * supervisor holds open must not end up in a sandbox. Node opens its own so that children do not get them.
 */
function inheritedFiles(): number[] {
  return readdirSync("/proc/self/fd").map(Number).filter((fd) => fd > 2 && isInherited(fd));
}

function isInherited(fd: number): boolean {
  try {
    const [, flags = "0"] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")) ?? [];
    return (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false; // the one with which the directory was read
  }
}

/** Starts a child with `stdio` and, in place of every other descriptor that it would inherit, one of nothing. */
export function withoutInherited<Child>(stdio: readonly (number | "pipe")[], start: (stdio: StdioOptions) => Child): Child {
  const inherited = inheritedFiles().filter((fd) => fd >= stdio.length);
  if (inherited.length === 0) return start([...stdio]);
  const nothing = openSync("/dev/null", "r");
  try {
    const all: (number | "pipe" | "ignore")[] = [...stdio];
    for (const fd of inherited) {
      while (all.length < fd) all.push("ignore");
      all[fd] = nothing;
    }
    return start(all);
  } finally {
    closeSync(nothing);
  }
}
