import { spawn } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { withoutInherited } from "./inheritedFiles.js";
import { agentPath, blockedNamespaces, boxEnvironment, type BoxPlace, followChild, innerId, keepLast, type LaunchedBox, type Launcher, nodeInside, tryToKill } from "./launcher.js";

/** Starts boxes with `unshare` of util-linux, which nearly every Linux has. It has no filter for calls to the kernel. */
export function createUnshareLauncher(path = "/usr/bin/unshare"): Launcher {
  return {
    name: "unshare",
    isolation: "namespaces-noseccomp",
    hasSeccomp: false,
    advice: { absent: "unshare is not installed: it is part of util-linux.", blocked: blockedNamespaces },
    launch: (place) => launch(path, place),
  };
}

function launch(path: string, place: BoxPlace): LaunchedBox {
  const { uid } = place;
  const namespaces = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--net", "--ipc", "--uts", "--cgroup"];
  const args = [...namespaces, "/bin/sh", "-c", 'eval "$(cat <&3)"', "sh", place.agentSettings];
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  const child = withoutInherited(["pipe", "pipe", "pipe", "pipe"], (stdio) =>
    spawn(path, args, { env, cwd: "/", ...(uid !== undefined && { uid, gid: uid }), detached: true, stdio }),
  );
  const [input, output, errors] = child.stdio;
  const pipes: readonly unknown[] = child.stdio;
  const instructions = pipes[3];
  if (!(input && output && errors && instructions instanceof Writable)) throw new Error("unshare has no pipes.");
  instructions.on("error", () => {}); // it could not be started: `ended` and `complaints` tell
  // By a pipe, so that the box cannot read the host's paths from its first process's command line.
  instructions.end(script(place));
  const followed = followChild(child);
  return {
    child,
    input,
    output,
    isolated: new Promise((resolve) => child.once("spawn", () => resolve())),
    ...followed,
    complaints: keepLast(errors),
    kill() {
      // The first process of a process namespace takes all others with it; should its parent go first, it goes by --kill-child.
      if (child.exitCode === null && child.signalCode === null) for (const pid of childrenOf(child.pid)) tryToKill(pid);
      child.kill("SIGKILL");
    },
  };
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
}

/**
 * Builds the box's file system in a directory of memory, makes it the root, lets go of the old one, and starts the agent in a
 * second user namespace, in which it is nobody's root and from which no third can be made.
 */
function script({ directory, shared }: BoxPlace): string {
  const { node } = shared;
  const lines = [
    "exec 3<&-",
    "set -eu",
    "umask 022",
    // What is mounted here is seen in this box alone.
    `mount -t tmpfs -o size=1m,mode=755 tmpfs ${quote(join(directory, "root"))}`,
    `cd ${quote(join(directory, "root"))}`,
    "mkdir -p usr etc proc dev/pts dev/shm tmp var/tmp run/miosa/agent home/user workspace old",
    "ro() { mount --rbind \"$1\" \".$2\"; mount -o remount,bind,ro,nosuid,nodev \".$2\"; }",
    "file() { [ -e \"$1\" ] || return 0; : > \".$2\"; ro \"$1\" \"$2\"; }",
    "ro /usr /usr",
    ...topDirectories(),
    "mkdir -p etc/ssl/certs etc/alternatives",
    "for name in ssl/certs alternatives; do [ ! -d /etc/$name ] || ro /etc/$name /etc/$name; done",
    "for name in ld.so.cache localtime mime.types; do file /etc/$name /etc/$name; done",
    ...Object.entries({ passwd: shared.passwd, group: shared.group, hosts: shared.hosts, "nsswitch.conf": shared.nsswitch }).map(
      ([name, from]) => `file ${quote(from)} /etc/${name}`,
    ),
    "for name in null zero full random urandom tty; do : > dev/$name; mount --bind /dev/$name dev/$name; done",
    "ln -s /proc/self/fd dev/fd; ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr",
    "mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts; ln -s pts/ptmx dev/ptmx",
    "mount -t tmpfs -o size=16m,mode=1777,nosuid,nodev tmpfs dev/shm",
    "mount -t tmpfs -o size=64m,mode=1777,nosuid,nodev tmpfs tmp",
    "mount -t tmpfs -o size=16m,mode=1777,nosuid,nodev tmpfs var/tmp",
    `mount --bind ${quote(join(directory, "home"))} home/user; mount -o remount,bind,nosuid,nodev home/user`,
    `mount --bind ${quote(join(directory, "workspace"))} workspace; mount -o remount,bind,nosuid,nodev workspace`,
    `ro ${quote(shared.agentDirectory)} ${agentPath}`,
    ...(nodeInside(node) === node ? [] : [`file ${quote(node)} ${nodeInside(node)}`]),
    "mount -t proc -o nosuid,nodev,noexec proc proc",
    // One more user namespace may be made below this one: the agent's.
    "echo 1 > proc/sys/user/max_user_namespaces",
    "mount --rbind proc/sys proc/sys; mount -o remount,bind,ro,nosuid,nodev,noexec proc/sys",
    "if command -v ip >/dev/null; then ip link set lo up; else echo 'no ip: loopback stays down' >&2; fi",
    "hostname sandbox 2>/dev/null || echo sandbox > /proc/sys/kernel/hostname",
    "pivot_root . old",
    "cd /",
    "umount -l /old; rmdir /old",
    "mount -t tmpfs -o remount,bind,ro,nosuid,nodev tmpfs /",
    "cd /workspace",
    `env -i ${Object.entries(boxEnvironment).map(([name, value]) => `${name}=${quote(value)}`).join(" ")} ` +
      `unshare --user --keep-caps --map-user=${innerId} --map-group=${innerId} setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all ` +
      `${quote(nodeInside(node))} ${agentPath}/main.mjs "$1"`,
    "exit", // kept as the first process, which has to wait for the orphans of others
  ];
  return lines.join("\n");
}

function topDirectories(): string[] {
  return ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => {
    if (!existsSync(`/${name}`)) return [];
    return lstatSync(`/${name}`).isSymbolicLink() ? [`ln -s usr/${name} ${name}`] : [`mkdir ${name}; ro /${name} /${name}`];
  });
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
