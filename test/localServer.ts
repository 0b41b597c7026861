import type { FaultName, LocalConnections, LocalFaults, LogEntry } from "@miosa/local";
import { commands } from "vitest/browser";
import type { PageServer, PageServerOptions } from "./browserCommands.js";

/** A local server in the test process, as a page sees it. */
export interface RemoteLocalServer extends PageServer, AsyncDisposable {
  setFault<Name extends FaultName>(name: Name, value: LocalFaults[Name]): Promise<void>;
  clearFaults(name?: FaultName): Promise<void>;
  connections(): Promise<LocalConnections>;
  requests(): Promise<readonly Readonly<LogEntry>[]>;
  /** How many requests matched a route, given as `GET /computers/:id`. */
  countRequests(route: string): Promise<number>;
  /** How many sandboxes and computers there are. */
  sandboxCount(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts a local server for a test in the browser; use it with `await using`. The page's own origin is allowed in
 * unless `allowOrigins` says otherwise.
 */
export async function startLocalServer(options: PageServerOptions = {}): Promise<RemoteLocalServer> {
  const server = await commands.startLocalServer({ allowOrigins: [window.location.origin], ...options });
  const { url } = server;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= commands.stopLocalServer(url));
  const requests = async (): Promise<readonly Readonly<LogEntry>[]> => (await commands.localServerState(url)).requests;
  return {
    ...server,
    setFault: (name, value) => commands.setLocalFault(url, name, value),
    clearFaults: (name) => commands.clearLocalFaults(url, name),
    connections: async () => (await commands.localServerState(url)).connections,
    requests,
    countRequests: async (route) => (await requests()).filter((entry) => entry.route === route).length,
    sandboxCount: async () => (await commands.localServerState(url)).sandboxCount,
    close,
    [Symbol.asyncDispose]: close,
  };
}
