import { createBwrapLauncher } from "./bwrapLauncher.js";
import { createAgentDriver, type IsolatingDriverOptions } from "./createAgentDriver.js";
import type { SandboxDriver } from "./driver.js";
import { createUnshareLauncher } from "./unshareLauncher.js";

/**
 * Runs each sandbox in namespaces of its own with a filter for calls to the kernel, through bubblewrap: it sees neither the host's
 * files nor its processes nor its network. Linux with bubblewrap and user namespaces. A server that is root gives each sandbox an
 * unprivileged user of its own.
 */
export function createBwrapDriver(options: IsolatingDriverOptions = {}): SandboxDriver {
  return createAgentDriver(createBwrapLauncher(), options);
}

/** The same by `unshare` of util-linux, for Linux machines without bubblewrap. Calls to the kernel are not filtered. */
export function createUnshareDriver(options: IsolatingDriverOptions = {}): SandboxDriver {
  return createAgentDriver(createUnshareLauncher(), options);
}
