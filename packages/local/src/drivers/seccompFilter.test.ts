import { describe, expect, test } from "vitest";
import { createSeccompFilter } from "./seccompFilter.js";

/** What the kernel hands to a filter: `AUDIT_ARCH_…`, the call's number, the low halves of its arguments. */
interface Call {
  readonly architecture: number;
  readonly number: number;
  readonly arguments?: readonly number[];
}

const [allow, kill, notPermitted, notThere, noFamily] = [0x7fff0000, 0x80000000, 0x00050001, 0x00050026, 0x00050061] as const;

/** Runs a filter as the kernel does, and throws where the kernel would refuse to load it. */
function judge(program: Buffer, { architecture, number, arguments: given = [] }: Call): number {
  const call = Buffer.alloc(64);
  call.writeUInt32LE(number, 0);
  call.writeUInt32LE(architecture, 4);
  given.forEach((value, index) => call.writeUInt32LE(value >>> 0, 16 + index * 8));
  let loaded = 0;
  for (let at = 0; at < program.length; ) {
    const [code, ifTrue, ifFalse, value] = [program.readUInt16LE(at), program.readUInt8(at + 2), program.readUInt8(at + 3), program.readUInt32LE(at + 4)];
    at += 8;
    if (code === 0x06) return value; // BPF_RET
    if (code === 0x20) {
      if (value % 4 !== 0 || value > 60) throw new Error("A load from beside the call.");
      loaded = call.readUInt32LE(value); // BPF_LD | BPF_W | BPF_ABS
      continue;
    }
    const fits = { 0x15: loaded === value, 0x35: loaded >= value, 0x45: (loaded & value) !== 0 }[code]; // BPF_JMP | JEQ, JGE, JSET
    if (fits === undefined) throw new Error(`An instruction that is not known: ${code}`);
    at += 8 * (fits ? ifTrue : ifFalse);
  }
  throw new Error("The program ends without a verdict.");
}

/** Architectures as the kernel's `audit.h` numbers them, and calls as its tables do: `unistd_64.h`, and `asm-generic/unistd.h` for arm64. */
const machines = [
  {
    name: "x64",
    architecture: 0xc000003e,
    others: [0x40000003, 0xc00000b7, 0x40000028],
    refused: { ptrace: 101, mount: 165, umount2: 166, pivot_root: 155, chroot: 161, unshare: 272, setns: 308, bpf: 321, perf_event_open: 298, userfaultfd: 323, io_uring_setup: 425, keyctl: 250, kexec_load: 246, init_module: 175, open_by_handle_at: 304, process_vm_writev: 311, open_tree: 428, fsopen: 430, settimeofday: 164, reboot: 169 },
    allowed: { read: 0, write: 1, mmap: 9, execve: 59, fork: 57, vfork: 58, openat: 257, futex: 202, epoll_wait: 232, connect: 42, prctl: 157, seccomp: 317, kill: 62, unlinkat: 263, memfd_create: 319 },
    clone: 56,
    clone3: 435,
    ioctl: 16,
    socket: 41,
  },
  {
    name: "arm64",
    architecture: 0xc00000b7,
    others: [0xc000003e, 0x40000028, 0x40000003],
    refused: { ptrace: 117, mount: 40, umount2: 39, pivot_root: 41, chroot: 51, unshare: 97, setns: 268, bpf: 280, perf_event_open: 241, userfaultfd: 282, io_uring_setup: 425, keyctl: 219, kexec_load: 104, init_module: 105, open_by_handle_at: 265, process_vm_writev: 271, open_tree: 428, fsopen: 430, settimeofday: 170, reboot: 142 },
    allowed: { read: 63, write: 64, mmap: 222, execve: 221, openat: 56, futex: 98, epoll_pwait: 22, connect: 203, prctl: 167, seccomp: 277, kill: 129, unlinkat: 35, memfd_create: 279 },
    clone: 220,
    clone3: 435,
    ioctl: 29,
    socket: 198,
  },
] as const;

describe.each(machines)("the filter for $name", ({ name, architecture, others, refused, allowed, clone, clone3, ioctl, socket }) => {
  const program = createSeccompFilter(name);
  const verdict = (number: number, ...given: number[]): number => judge(program, { architecture, number, arguments: given });

  test("is a program that the kernel takes: whole instructions, few enough, jumps that stay inside", () => {
    expect([program.length % 8, program.length / 8 <= 4_096]).toEqual([0, true]);
    for (let number = 0; number < 512; number += 1) expect(() => verdict(number)).not.toThrow();
  });

  test.each(Object.entries(refused))("refuses %s", (_, number) => expect(verdict(number)).toBe(notPermitted));

  test.each(Object.entries(allowed))("lets %s through", (_, number) => expect(verdict(number)).toBe(allow));

  test("ends what calls the kernel as another architecture, by whatever number", () => {
    for (const other of others) for (const number of Object.values(allowed)) expect(judge(program, { architecture: other, number })).toBe(kill);
  });

  test("lets processes and threads be made, and no namespace with them", () => {
    const [signal, thread] = [17, 0x3d0f00];
    expect([verdict(clone, signal), verdict(clone, thread)]).toEqual([allow, allow]);
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect([flag, verdict(clone, flag), verdict(clone, flag | signal)]).toEqual([flag, notPermitted, notPermitted]);
    }
    expect(verdict(clone3)).toBe(notThere);
  });

  test("lets no program type into its terminal", () => {
    expect([verdict(ioctl, 0, 0x5412), verdict(ioctl, 0, 0x541c), verdict(ioctl, 0, 0x5413), verdict(ioctl, 0x5412, 0)]).toEqual([notPermitted, notPermitted, allow, allow]);
  });

  test("lets sockets of the network be opened, and none of other families", () => {
    expect([1, 2, 10, 16].map((family) => verdict(socket, family))).toEqual([allow, allow, allow, allow]);
    expect([0, 3, 17, 31, 38, 40, 44].map((family) => verdict(socket, family))).toEqual(Array.from({ length: 7 }, () => noFamily));
  });
});

test("the filter for x64 refuses calls by the numbers of x32", () => {
  const program = createSeccompFilter("x64");
  for (const number of [0, 101, 165, 512, 521]) expect(judge(program, { architecture: 0xc000003e, number: 0x40000000 + number })).toBe(notPermitted);
});
