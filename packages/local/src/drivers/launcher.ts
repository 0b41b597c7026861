import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { BoxEgress } from "../egress/createEgress.js";

/** What a launcher makes a box from. All paths are the host's. */
export interface BoxPlace {
  /** Holds `workspace` and `home`. */
  readonly directory: string;
  /** Files that every box of the server shares, such as its `passwd`. */
  readonly shared: SharedFiles;
  /** Unprivileged user of the host that the box runs as. Absent when the server is not root: then it is the server's own. */
  readonly uid?: number;
  /** What the agent is told when it starts. */
  readonly agentSettings: string;
  /** Its way out of the machine. Absent when it has none. */
  readonly egress?: BoxEgress | undefined;
}

/** Files that every box sees and none can change. */
export interface SharedFiles {
  readonly agentDirectory: string;
  readonly passwd: string;
  readonly group: string;
  readonly hosts: string;
  readonly nsswitch: string;
  /** The program that kernel calls are checked by. */
  readonly seccomp?: string;
  /** Node, where a box's user may run it. */
  readonly node: string;
}

/** A box that has been started, up to the agent's input and output. */
export interface LaunchedBox {
  readonly child: ChildProcess;
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves once the namespaces exist. */
  readonly isolated: Promise<void>;
  /** Resolves with what the launcher and the agent have complained about, once they have ended. */
  complaints(): Promise<string>;
  /** True when the launcher itself is not there. */
  isAbsent(): boolean;
  /** Resolves when all of the box has ended. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** A way to start a process in namespaces of its own. */
export interface Launcher {
  readonly name: string;
  readonly isolation: "namespaces" | "namespaces-noseccomp";
  readonly hasSeccomp: boolean;
  /** What to do when it is not installed, and when it is and does not work: a sentence each. */
  readonly advice: { readonly absent: string; readonly blocked: string };
  launch(place: BoxPlace): LaunchedBox;
  /** Ends what it keeps beside the boxes, once they have ended. It can launch again afterwards. */
  close?(): Promise<void>;
}

/** Where the agent lies inside a box. */
export const agentPath = "/run/miosa/agent";

/** Where Node lies inside a box: its own place in `/usr`, or a place of ours. */
export function nodeInside(node: string): string {
  return node.startsWith("/usr/") ? node : "/run/miosa/node";
}

/** Settings of a box's environment, as every command finds it. */
export const boxEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/miosa",
  HOME: "/home/user",
  TMPDIR: "/tmp",
  USER: "user",
  LANG: "C.UTF-8",
  TERM: "dumb",
} as const;

/** User and group of every box, as its processes see themselves. */
export const innerId = 1_000;

/** What Linux distributions do to keep unprivileged users from making namespaces, and how to undo it. */
export const blockedNamespaces =
  "Unprivileged user namespaces are blocked here: on Ubuntu 24.04 and later by AppArmor (`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`), in a container by its seccomp profile (`--security-opt seccomp=unconfined`), elsewhere by a limit (`sysctl -w user.max_user_namespaces=10000`).";

/**
 * Follows a launcher's process: its end, and whether it could be started at all. Its process group goes with it: a launcher that
 * is killed between making the box's first process and setting it up would leave that one waiting for ever.
 */
export function followChild(child: ChildProcess): { readonly ended: Promise<void>; isAbsent(): boolean } {
  let isAbsent = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      if (child.pid !== undefined) tryToKill(-child.pid);
      resolve();
    });
    child.once("error", (error) => {
      isAbsent = "code" in error && error.code === "ENOENT";
      resolve();
    });
  });
  return { ended, isAbsent: () => isAbsent };
}

/** Kills a process, or with a negative number a group of them, if there still is one. */
export function tryToKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** How long what was said last may be on its way. */
const lastWordMs = 1_000;

/** Keeps the last of what a stream says, and tells it once the stream is over. */
export function keepLast(stream: Readable, limitBytes = 4_096): () => Promise<string> {
  let kept = "";
  const over = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    kept = (kept + text).slice(-limitBytes);
  });
  stream.on("error", () => {}); // what was said before counts
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, lastWordMs)));
    await Promise.race([over, late]);
    clearTimeout(timer);
    return kept.trim();
  };
}
