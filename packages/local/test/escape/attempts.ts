/** One way in which code could try to get out of its sandbox, as a shell command that prints `ESCAPED` when it did. */
export interface Attempt {
  readonly name: string;
  readonly command: string;
  /** Harmless, and open where nothing isolates: that it is found shows that the attempt can find something. */
  readonly isOpenWithoutIsolation?: boolean;
  /** Only a filter for calls to the kernel refuses it. */
  readonly needsSeccomp?: boolean;
}

/** Numbers of kernel calls by architecture, for perl's `syscall`. */
const calls: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: { ptrace: 101, mount: 165, unshare: 272, setns: 308, bpf: 321, userfaultfd: 323, io_uring_setup: 425, perf_event_open: 298, keyctl: 250, clone: 56, open_tree: 428, fsopen: 430 },
  arm64: { ptrace: 117, mount: 40, unshare: 97, setns: 268, bpf: 280, userfaultfd: 282, io_uring_setup: 425, perf_event_open: 241, keyctl: 219, clone: 220, open_tree: 428, fsopen: 430 },
};

function syscall(name: string, args: string): string {
  const number = calls[process.arch]?.[name];
  if (number === undefined) throw new Error(`The number of ${name} on ${process.arch} is not known.`);
  return `perl -e 'print "ESCAPED" if syscall(${number}, ${args}) >= 0'`;
}

/**
 * What is tried. The commands find in their environment: `HOST_FILE` with `TOKEN` in it, `HOST_PORT` on the host's loopback,
 * `HOST_SOCKET` (abstract), `SERVER_PID`, and `DATA_DIR`, which holds another sandbox whose workspace has `OTHER_TOKEN` in a file.
 */
export const attempts: readonly Attempt[] = [
  // files of the host
  { name: "read a file of the host", command: "cat $HOST_FILE | grep -q $TOKEN && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "read it by ..", command: "cat ../../../../../../..$HOST_FILE | grep -q $TOKEN && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "read it by a link", command: "ln -sf $HOST_FILE link; cat link | grep -q $TOKEN && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "read it by the root of other processes", command: "for root in /proc/[0-9]*/root; do cat $root$HOST_FILE; done | grep -q $TOKEN && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "read it by the directory of other processes", command: "for cwd in /proc/[0-9]*/cwd; do cat $cwd/../../../../../..$HOST_FILE; done | grep -q $TOKEN && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "link to it", command: "ln $HOST_FILE hard && echo ESCAPED" },
  { name: "read the host's passwords", command: "cat /etc/shadow && echo ESCAPED" },
  { name: "list root's home", command: "ls -A /root && echo ESCAPED" },
  { name: "list other homes", command: "ls -A /home | grep -v '^user$' && echo ESCAPED" },
  { name: "find another sandbox's file", command: "grep -rqs $OTHER_TOKEN $DATA_DIR /tmp /var/tmp /home /workspace && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "list where sandboxes are kept", command: "ls -A $DATA_DIR | grep . && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "write to /usr", command: "touch /usr/miosa-escape && rm /usr/miosa-escape && echo ESCAPED" },
  { name: "write to /etc", command: "touch /etc/miosa-escape && rm /etc/miosa-escape && echo ESCAPED" },
  { name: "write to the root directory", command: "touch /miosa-escape && rm /miosa-escape && echo ESCAPED" },
  { name: "link to a program of the host", command: "ln /usr/bin/env hard && echo ESCAPED" },
  { name: "change the agent's program", command: "for file in /run/miosa/agent/*; do echo x >> $file && echo ESCAPED; done" },
  { name: "replace the agent's program", command: "rm /run/miosa/agent/main.mjs && echo ESCAPED; mv /run/miosa /run/other && echo ESCAPED" },
  { name: "open files by what other processes hold open", command: "for fd in /proc/[0-9]*/fd/*; do readlink $fd; done | grep -E '^/' | grep -vE '^/(dev|proc|run/miosa|usr|workspace|home/user|tmp)(/|$)' && echo ESCAPED" },

  // what the server is
  { name: "read the server's environment", command: "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -q MIOSA_ESCAPE_SECRET && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "inherit the server's environment", command: "env | grep MIOSA_ESCAPE_SECRET && echo ESCAPED" },
  { name: "see the server's process", command: "tr '\\0' ' ' < /proc/$SERVER_PID/cmdline | grep . && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "see processes of others", command: "[ $(ls -d /proc/[0-9]* | wc -l) -gt 12 ] && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "signal the server", command: "kill -0 $SERVER_PID && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "reach the server over loopback", command: "exec 3<>/dev/tcp/127.0.0.1/$HOST_PORT && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "reach the server over IPv6 loopback", command: "exec 3<>/dev/tcp/::1/$HOST_PORT && echo ESCAPED" },
  { name: "reach the server by its abstract socket", command: `grep $HOST_SOCKET /proc/net/unix && echo ESCAPED; perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); print "ESCAPED" if connect(S, sockaddr_un("\\0$ENV{HOST_SOCKET}"))'`, isOpenWithoutIsolation: true },
  { name: "find the host's network devices", command: "tail -n +3 /proc/net/dev | grep -v '^ *lo:' && echo ESCAPED" },
  { name: "send to the network", command: "exec 3<>/dev/udp/192.0.2.1/53 && echo ESCAPED" },
  { name: "find control sockets of the host", command: "ls -d /run/docker.sock /var/run/docker.sock /run/systemd/private /run/dbus/system_bus_socket /run/containerd && echo ESCAPED; find /run /var /tmp -type s | grep . && echo ESCAPED" },
  { name: "inherit open files of the server", command: "for fd in /proc/self/fd/*; do case $fd in */[0-2]|*/255) ;; *) readlink $fd;; esac; done | grep -vE '^(/dev/null|/proc/[0-9]+/fd)$' && echo ESCAPED" },

  // privileges
  { name: "hold a capability", command: "grep -E '^Cap(Eff|Prm|Bnd|Inh|Amb):' /proc/self/status | grep -vE '\\s0+$' && echo ESCAPED" },
  { name: "gain privileges by a program", command: "grep -qE '^NoNewPrivs:\\s+0' /proc/self/status && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "become root by su", command: "su root -c id < /dev/null | grep 'uid=0' && echo ESCAPED" },
  { name: "become root by a setuid copy", command: "cp /usr/bin/perl p && chmod 4755 p && ./p -e '$> = 0; $< = 0; print \"ESCAPED\" if $> == 0 && $< == 0'" },

  // namespaces, mounts, devices
  { name: "make a user namespace", command: "unshare --user --map-root-user true && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "make a user namespace by the kernel's call", command: syscall("unshare", "0x10000000"), isOpenWithoutIsolation: true },
  { name: "make a mount namespace", command: syscall("unshare", "0x20000") },
  { name: "enter the first process's namespaces", command: "for kind in mnt net pid ipc uts user; do nsenter --$kind=/proc/1/ns/$kind true && echo ESCAPED; done" },
  { name: "mount memory", command: "mount -t tmpfs none /tmp && echo ESCAPED" },
  { name: "mount a directory elsewhere", command: "mkdir -p m; mount --bind /usr m && echo ESCAPED" },
  { name: "mount /proc anew", command: "mkdir -p m; mount -t proc none m && echo ESCAPED" },
  { name: "mount control groups", command: "mkdir -p m; mount -t cgroup2 none m && echo ESCAPED; mount -t cgroup -o memory none m && echo ESCAPED" },
  { name: "make /usr writable", command: "mount -o remount,bind,rw /usr && echo ESCAPED" },
  { name: "unmount what hides the host", command: "for place in /proc /tmp /dev /proc/sys /usr /; do umount -l $place && echo ESCAPED; done" },
  { name: "change the root", command: "chroot / true && echo ESCAPED; pivot_root . . && echo ESCAPED" },
  { name: "make a device", command: "mknod disk b 254 0 && echo ESCAPED; mknod memory c 1 1 && echo ESCAPED" },
  { name: "read the host's disks and memory", command: "for device in /dev/vd* /dev/sd* /dev/nvme* /dev/mem /dev/kmem /dev/kmsg /dev/port; do head -c 1 $device && echo ESCAPED; done" },
  { name: "read the kernel's log", command: "dmesg | grep . && echo ESCAPED" },
  { name: "change what runs when a program crashes", command: "echo core > /proc/sys/kernel/core_pattern && echo ESCAPED" },
  { name: "change any setting of the kernel", command: "find /proc/sys /proc/sysrq-trigger /proc/irq /proc/bus -type f -writable 2> /dev/null | grep . && echo ESCAPED" },
  { name: "press the kernel's emergency keys", command: "echo h > /proc/sysrq-trigger && echo ESCAPED" },
  { name: "see the host's /sys", command: "ls /sys/kernel /sys/fs/cgroup && echo ESCAPED", isOpenWithoutIsolation: true },
  { name: "set the host's clock", command: "date -s @0 && echo ESCAPED" },
  { name: "name the host", command: "hostname escaped && echo ESCAPED" },

  // the kernel
  { name: "trace the first process", command: syscall("ptrace", "16, 1, 0, 0") },
  { name: "trace a process of its own", command: `sleep 5 & ${syscall("ptrace", "16, $ARGV[0] + 0, 0, 0")} $!; kill -CONT $!; kill $!`, needsSeccomp: true, isOpenWithoutIsolation: true },
  { name: "make a namespace by clone", command: syscall("clone", "0x10000000 | 17, 0, 0, 0, 0"), needsSeccomp: true },
  { name: "open a tree of mounts", command: syscall("open_tree", '-100, "/usr", 1') },
  { name: "open a file system", command: syscall("fsopen", '"tmpfs", 0') },
  { name: "load a program into the kernel", command: syscall("bpf", "0, 0, 0") },
  { name: "handle page faults", command: syscall("userfaultfd", "1"), needsSeccomp: true },
  { name: "open a ring of kernel calls", command: `perl -e '$b = "\\0" x 200; print "ESCAPED" if syscall(425, 1, $b) >= 0'`, needsSeccomp: true, isOpenWithoutIsolation: true },
  { name: "read the kernel's keys", command: syscall("keyctl", "0, -3, 1"), needsSeccomp: true, isOpenWithoutIsolation: true },
  { name: "talk to the machine below", command: `perl -e 'print "ESCAPED" if socket(S, 40, 1, 0)'`, needsSeccomp: true },
  { name: "send raw packets", command: `perl -e 'print "ESCAPED" if socket(S, 17, 3, 0) || socket(T, 2, 3, 1)'` },
];
