/** Calls to the kernel that no program in a sandbox needs and that reach out of it, by architecture: x64, arm64 (-1: not there). */
const denied: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  process_madvise: [440, 440],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  unshare: [272, 97],
  setns: [308, 268],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  create_module: [174, -1],
  query_module: [178, -1],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  syslog: [103, 116],
  vhangup: [153, 58],
  iopl: [172, -1],
  ioperm: [173, -1],
  modify_ldt: [154, -1],
  uselib: [134, -1],
  nfsservctl: [180, 42],
  lookup_dcookie: [212, 18],
  fanotify_init: [300, 262],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  memfd_secret: [447, 447],
};

/** Calls that are looked at more closely. */
const special = { clone: [56, 220], clone3: [435, 435], ioctl: [16, 29], socket: [41, 198] } as const;

const architectures = { x64: { at: 0, id: 0xc000003e }, arm64: { at: 1, id: 0xc00000b7 } } as const;

/** Offsets in what the kernel hands to the filter; arguments are 64 bits wide and their low half comes first. */
const offsets = { call: 0, architecture: 4, argument0: 16, argument1: 24 } as const;

const newNamespaces = 0x7e020000; // every CLONE_NEW… flag that clone takes
const socketFamilies = [1, 2, 10, 16]; // unix, IPv4, IPv6, netlink; others, such as vsock, know no network namespaces
const terminalInput = [0x5412, 0x541c]; // TIOCSTI, TIOCLINUX
const x32Bit = 0x40000000;

const results = { allow: 0x7fff0000, kill: 0x80000000, notPermitted: 0x00050001, notThere: 0x00050026, noFamily: 0x00050061 } as const;

type Label = keyof typeof results | "known" | "clone" | "ioctl" | "socket";

type Step =
  | { label: Label }
  | { load: number }
  | { return: keyof typeof results }
  /** Jumps to `goTo` when the loaded value fits, and goes on otherwise. */
  | { when: "is" | "atLeast" | "hasBits"; value: number; goTo: Label };

/** True for an architecture that {@link createSeccompFilter} knows. */
export function hasSeccompFilter(architecture: string): architecture is keyof typeof architectures {
  return Object.hasOwn(architectures, architecture);
}

/** The program with which the kernel checks each call of a sandbox's processes, as `bwrap --seccomp` reads it. */
export function createSeccompFilter(architecture: keyof typeof architectures): Buffer {
  const { at, id } = architectures[architecture];
  const refused = Object.values(denied).map((numbers) => numbers[at]).filter((number) => number >= 0);
  const steps: Step[] = [
    { load: offsets.architecture },
    { when: "is", value: id, goTo: "known" },
    { return: "kill" },
    { label: "known" },
    { load: offsets.call },
    ...(architecture === "x64" ? [{ when: "atLeast", value: x32Bit, goTo: "notPermitted" } as const] : []),
    ...refused.map((value) => ({ when: "is", value, goTo: "notPermitted" }) as const),
    { when: "is", value: special.clone3[at], goTo: "notThere" }, // its flags lie in memory; programs then use clone
    { when: "is", value: special.clone[at], goTo: "clone" },
    { when: "is", value: special.ioctl[at], goTo: "ioctl" },
    { when: "is", value: special.socket[at], goTo: "socket" },
    { return: "allow" },
    { label: "clone" },
    { load: offsets.argument0 },
    { when: "hasBits", value: newNamespaces, goTo: "notPermitted" },
    { return: "allow" },
    { label: "ioctl" },
    { load: offsets.argument1 },
    ...terminalInput.map((value) => ({ when: "is", value, goTo: "notPermitted" }) as const),
    { return: "allow" },
    { label: "socket" },
    { load: offsets.argument0 },
    ...socketFamilies.map((value) => ({ when: "is", value, goTo: "allow" }) as const),
    { label: "noFamily" },
    { return: "noFamily" },
    { label: "allow" },
    { return: "allow" },
    { label: "notPermitted" },
    { return: "notPermitted" },
    { label: "notThere" },
    { return: "notThere" },
  ];
  return assemble(steps);
}

const jumps = { is: 0x15, atLeast: 0x35, hasBits: 0x45 } as const;

function assemble(steps: readonly Step[]): Buffer {
  const places = new Map<Label, number>();
  const program: Exclude<Step, { label: Label }>[] = [];
  for (const step of steps) {
    if ("label" in step) places.set(step.label, program.length);
    else program.push(step);
  }
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach((step, index) => {
    const write = (code: number, value: number, ifTrue = 0): void => {
      bytes.writeUInt16LE(code, index * 8);
      bytes.writeUInt8(ifTrue, index * 8 + 2);
      bytes.writeUInt32LE(value, index * 8 + 4);
    };
    if ("load" in step) write(0x20, step.load);
    else if ("return" in step) write(0x06, results[step.return]);
    else write(jumps[step.when], step.value, (places.get(step.goTo) ?? 0) - index - 1);
  });
  return bytes;
}
