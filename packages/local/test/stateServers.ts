import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createLocalServer, type LocalServer, type LocalServerOptions } from "../src/index.js";

/** Servers with one state directory, one after the other. The test's end closes what is open and removes the directory. */
export interface StateServers {
  readonly stateDir: string;
  start(options?: LocalServerOptions): Promise<LocalServer>;
  /** Closes the one that was started last and starts the next. */
  restart(options?: LocalServerOptions): Promise<LocalServer>;
  /** Names in a directory below the state directory. */
  list(name: string): Promise<readonly string[]>;
}

/** Makes a place for servers that keep their state, with these options unless a start says otherwise. */
export async function stateServers(common: LocalServerOptions = {}): Promise<StateServers> {
  const parent = await mkdtemp(join(tmpdir(), "miosa-state-"));
  await chmod(parent, 0o711); // boxes' own users pass through it
  const stateDir = join(parent, "state");
  let last: LocalServer | undefined;
  onTestFinished(async () => {
    await last?.close();
    await rm(parent, { recursive: true, force: true });
  });
  async function start(options: LocalServerOptions = {}): Promise<LocalServer> {
    return (last = await createLocalServer({ driver: "process", stateDir, ...common, ...options }));
  }
  return {
    stateDir,
    start,
    async restart(options) {
      await last?.close();
      return start(options);
    },
    list: (name) => readdir(join(stateDir, name)),
  };
}
