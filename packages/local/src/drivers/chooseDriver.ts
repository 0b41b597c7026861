import type { IsolatingDriverOptions } from "./createAgentDriver.js";
import { createProcessDriver } from "./createProcessDriver.js";
import type { SandboxDriver } from "./driver.js";
import { createBwrapDriver, createUnshareDriver } from "./isolatingDrivers.js";

/** A driver by name, or the best one that works here. */
export type DriverName = "auto" | "bwrap" | "unshare" | "process";

/** How a driver is chosen. */
export interface DriverRequest extends IsolatingDriverOptions {
  readonly driver: DriverName | SandboxDriver;
  /** With `"required"`, a driver that isolates nothing is refused. */
  readonly isolation?: "required" | "preferred";
}

/** The driver that was chosen, tried out, and why. */
export interface DriverChoice {
  readonly driver: SandboxDriver;
  /** Better drivers that do not work here, and what to do about each. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

const openNetwork = "its sandboxes are plain processes with this machine's own network.";

/** Best first. */
const names = ["bwrap", "unshare", "process"] as const;

/**
 * Tries drivers out and returns the first that works. `auto` never falls back to plain processes for root, who could change
 * everything on the machine with them. Throws when none works, with what each one lacks.
 */
export async function chooseDriver(request: DriverRequest): Promise<DriverChoice> {
  const wanted = request.driver;
  if (typeof wanted === "object" && request.egress) throw new TypeError(`egress is for drivers by name. The driver ${wanted.name} is one of your own: give it to the driver.`);
  if (wanted === "process" && request.egress) throw new TypeError(`The driver process cannot keep to an egress list: ${openNetwork} Leave the list out, or choose bwrap or unshare.`);
  if (typeof wanted === "object") return { driver: await tried(wanted, request), refused: [] };
  if (wanted !== "auto") return { driver: await tried(createDriver(wanted, request), request), refused: [] };
  const refused: { name: string; reason: string }[] = [];
  for (const name of names) {
    const reason = name === "process" ? whyNoProcesses(request) : undefined;
    const driver = createDriver(name, request);
    const probe = reason === undefined ? await driver.probe() : { ok: false as const, reason };
    if (probe.ok) return { driver, refused };
    refused.push({ name, reason: probe.reason });
    await driver.close();
  }
  throw new Error(["No driver can run sandboxes here.", ...refused.map(({ name, reason }) => `${name}: ${reason}`)].join("\n"));
}

function whyNoProcesses({ isolation, egress }: DriverRequest): string | undefined {
  if (egress) return `It cannot keep to an egress list: ${openNetwork}`;
  if (isolation === "required") return "It isolates nothing, and isolation is required.";
  if (process.getuid?.() === 0) {
    return 'It isolates nothing, and you are root, so that a command could change everything on this machine. Start the server as another user, or choose plain processes if you only run what you trust: MIOSA_LOCAL_DRIVER=process.';
  }
  return undefined;
}

async function tried(driver: SandboxDriver, { isolation }: DriverRequest): Promise<SandboxDriver> {
  if (isolation === "required" && driver.isolation === "none") throw new Error(`The driver ${driver.name} isolates nothing, and isolation is required.`);
  const probe = await driver.probe();
  if (probe.ok) return driver;
  await driver.close();
  throw new Error(`The driver ${driver.name} cannot run here: ${probe.reason}`);
}

function createDriver(name: (typeof names)[number], options: IsolatingDriverOptions): SandboxDriver {
  if (name === "process") return createProcessDriver(options);
  return name === "bwrap" ? createBwrapDriver(options) : createUnshareDriver(options);
}

/** Reads the name of a driver. */
export function isDriverName(name: string): name is DriverName {
  return name === "auto" || names.some((each) => each === name);
}
