import { spawn } from "node:child_process";
import { closeSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { createGuardian, type Guardian } from "./guardian.js";
import { withoutInherited } from "./inheritedFiles.js";
import { agentPath, blockedNamespaces, boxEnvironment, type BoxPlace, followChild, innerId, keepLast, type LaunchedBox, type Launcher, nodeInside, tryToKill } from "./launcher.js";

/** Sizes of a box's file systems in memory, in bytes. */
const sizes = { shm: 16_777_216, tmp: 67_108_864, varTmp: 16_777_216 } as const;

/** File descriptors that bwrap is given beside the usual three. */
const fds = { seccomp: 3, status: 4, args: 5 } as const;

/** Starts boxes with bubblewrap, the tool that Flatpak's sandboxes are made with. */
export function createBwrapLauncher(path = "/usr/bin/bwrap"): Launcher {
  const guardian = createGuardian();
  return {
    name: "bwrap",
    isolation: "namespaces",
    hasSeccomp: true,
    advice: { absent: "bubblewrap is not installed: `apt-get install bubblewrap`, or your system's like of it.", blocked: blockedNamespaces },
    launch: (place) => launch(path, place, guardian),
    close: guardian.close,
  };
}

function launch(path: string, place: BoxPlace, guardian: Guardian): LaunchedBox {
  const { shared, uid } = place;
  // The file's position is shared by all that hold a descriptor of one opening, so each box gets an opening of its own.
  const seccomp = openSync(shared.seccomp ?? "/dev/null", "r");
  try {
    const args = ["--args", String(fds.args), "--", nodeInside(shared.node), join(agentPath, "main.mjs"), place.agentSettings];
    const child = withoutInherited(["pipe", "pipe", "pipe", seccomp, "pipe", "pipe"], (stdio) =>
      spawn(path, args, { env: {}, cwd: "/", ...(uid !== undefined && { uid, gid: uid }), detached: true, stdio }),
    );
    const [input, output, errors] = child.stdio;
    const pipes: readonly unknown[] = child.stdio;
    const [status, setup] = [pipes[fds.status], pipes[fds.args]];
    if (!(input && output && errors && status instanceof Readable && setup instanceof Writable)) throw new Error("bwrap has no pipes.");
    // Before it is told what to do: bwrap goes with a killed server by itself, but leaves a first process that it has just made.
    if (child.pid !== undefined) child.once("exit", guardian.watch(child.pid));
    setup.on("error", () => {}); // it could not be started, or refused them: `ended` and `complaints` tell
    setup.end(bwrapArguments(place).join("\0") + "\0");
    let innerPid: number | undefined;
    let text = "";
    const isolated = new Promise<void>((resolve) => {
      status.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        const [, pid] = /"child-pid":\s*(\d+)/.exec(text) ?? [];
        if (pid === undefined) return;
        innerPid = Number(pid);
        resolve();
      });
      status.on("error", () => {}); // the same
    });
    const followed = followChild(child);
    return {
      child,
      input,
      output,
      isolated,
      ...followed,
      complaints: keepLast(errors),
      kill() {
        // The first process of a process namespace takes all others with it. While bwrap runs, its number is still its own.
        if (child.exitCode === null && child.signalCode === null && innerPid !== undefined) tryToKill(innerPid);
        child.kill("SIGKILL");
      },
    };
  } finally {
    closeSync(seccomp);
  }
}

/** What the box is made of. Every line was tried out against the escapes in `test/escape`. */
function bwrapArguments({ directory, shared }: BoxPlace): string[] {
  const { node } = shared;
  return [
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--assert-userns-disabled"],
    ...["--uid", String(innerId), "--gid", String(innerId), "--hostname", "sandbox"],
    ...["--die-with-parent", "--new-session", "--clearenv"],
    ...["--ro-bind", "/usr", "/usr", ...topDirectories()],
    ...["--dir", "/etc"],
    ...["ld.so.cache", "alternatives", "ssl/certs", "localtime", "mime.types"].flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
    ...["--ro-bind", shared.passwd, "/etc/passwd", "--ro-bind", shared.group, "/etc/group"],
    ...["--ro-bind", shared.hosts, "/etc/hosts", "--ro-bind", shared.nsswitch, "/etc/nsswitch.conf"],
    ...["--proc", "/proc", "--ro-bind-try", "/proc/sys", "/proc/sys"],
    ...["--dev", "/dev", "--size", String(sizes.shm), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ...["--size", String(sizes.tmp), "--tmpfs", "/tmp", "--size", String(sizes.varTmp), "--tmpfs", "/var/tmp", "--dir", "/run"],
    ...["--bind", join(directory, "home"), "/home/user", "--bind", join(directory, "workspace"), "/workspace", "--chdir", "/workspace"],
    ...Object.entries(boxEnvironment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--seccomp", String(fds.seccomp), "--info-fd", String(fds.status)],
    ...["--ro-bind", shared.agentDirectory, agentPath],
    ...(nodeInside(node) === node ? [] : ["--ro-bind", node, nodeInside(node)]),
    ...["--remount-ro", "/"],
  ];
}

/** `/bin` and its like, which on most systems are links into `/usr`. */
function topDirectories(): string[] {
  return ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => {
    const there = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (!there) return [];
    return there.isSymbolicLink() ? ["--symlink", `usr/${name}`, `/${name}`] : ["--ro-bind", `/${name}`, `/${name}`];
  });
}
