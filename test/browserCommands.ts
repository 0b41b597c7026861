import type { FaultName, LocalConnections, LocalFaults, LocalServer, LocalServerOptions, LogEntry } from "@miosa/local";
import type { RawServer } from "@miosa/local/testing";
import type { BrowserCommand, BrowserCommandContext } from "vitest/node";
import { startByteServer } from "./byteServer.js";

/** Options of a local server that survive the way from the page to the test process. */
export type PageServerOptions = Pick<
  LocalServerOptions,
  | "allowOrigins"
  | "apiKeys"
  | "autoStart"
  | "bodyLimitBytes"
  | "faults"
  | "heartbeatMs"
  | "keepaliveMs"
  | "outputLimitBytes"
  | "port"
  | "readinessStreamTimeoutMs"
>;

/** What a page knows of the server it started. */
export interface PageServer {
  url: string;
  baseUrl: string;
  apiKey: string;
  port: number;
  isolation: string;
}

/** A server's state at one moment. */
export interface PageServerState {
  connections: LocalConnections;
  requests: readonly Readonly<LogEntry>[];
  sandboxCount: number;
}

/** The commands as a page calls them. A server is named by its `url`. */
export interface LocalServerCommands {
  startLocalServer: (options: PageServerOptions) => Promise<PageServer>;
  stopLocalServer: (url: string) => Promise<void>;
  setLocalFault: <Name extends FaultName>(url: string, name: Name, value: LocalFaults[Name]) => Promise<void>;
  clearLocalFaults: (url: string, name?: FaultName) => Promise<void>;
  localServerState: (url: string) => Promise<PageServerState>;
  /** Serves each body, in base64, once as an event stream at `/0`, `/1`, …; resolves to the server's URL. */
  serveEventStreams: (bodies: readonly string[]) => Promise<string>;
  /** The last event IDs with which clients came back, by path. */
  resumeIds: (url: string) => Promise<Record<string, string>>;
  stopEventStreams: (url: string) => Promise<void>;
}

declare module "vitest/internal/browser" {
  interface BrowserCommands extends LocalServerCommands {}
}

interface LocalModule {
  createLocalServer: (options: LocalServerOptions) => Promise<LocalServer>;
}

const servers = new Map<string, LocalServer>();

function named(url: string): LocalServer {
  const server = servers.get(url);
  if (!server) throw new Error(`No local server at ${url} was started by a test, or it was stopped already.`);
  return server;
}

async function stop(url: string): Promise<void> {
  const server = named(url);
  servers.delete(url);
  await server.close();
}

async function stopAll(): Promise<void> {
  await Promise.all([...servers.keys()].map(stop));
}

const byteServers = new Map<string, RawServer>();

async function serveEventStreams({ project }: BrowserCommandContext, bodies: readonly string[]): Promise<string> {
  const server = await startByteServer(bodies.map((body) => Buffer.from(body, "base64")));
  byteServers.set(server.url, server);
  project.vitest.onClose(() => server.close());
  return server.url;
}

function resumeIds(_: BrowserCommandContext, url: string): Record<string, string> {
  const requests = byteServers.get(url)?.requests ?? [];
  const returns = requests.filter((request, at) => requests.findIndex((other) => other.url === request.url) !== at);
  return Object.fromEntries(returns.map((request) => [request.url, String(request.headers["last-event-id"] ?? "")]));
}

async function stopEventStreams(_: BrowserCommandContext, url: string): Promise<void> {
  await byteServers.get(url)?.close();
  byteServers.delete(url);
}

async function start({ project }: BrowserCommandContext, options: PageServerOptions): Promise<PageServer> {
  // Through the project's module runner, which knows the sources behind the package names.
  const { createLocalServer } = await project.import<LocalModule>("@miosa/local");
  const server = await createLocalServer(options);
  servers.set(server.url, server);
  if (servers.size === 1) project.vitest.onClose(stopAll);
  const { url, baseUrl, apiKey, port, isolation } = server;
  return { url, baseUrl, apiKey, port, isolation };
}

function setFault<Name extends FaultName>(_: BrowserCommandContext, url: string, name: Name, value: LocalFaults[Name]): void {
  named(url).faults.set(name, value);
}

function state(_: BrowserCommandContext, url: string): PageServerState {
  const server = named(url);
  return { connections: server.connections(), requests: server.requests, sandboxCount: server.sandboxes.count };
}

/** Commands with which tests in the browser start local servers in the test process. Pages use `test/localServer.ts`. */
export const browserCommands = {
  startLocalServer: start,
  stopLocalServer: (_: BrowserCommandContext, url: string) => stop(url),
  setLocalFault: setFault,
  clearLocalFaults: (_: BrowserCommandContext, url: string, name?: FaultName) => named(url).faults.clear(name),
  localServerState: state,
  serveEventStreams,
  resumeIds,
  stopEventStreams,
} satisfies { [Name in keyof LocalServerCommands]: BrowserCommand<Parameters<LocalServerCommands[Name]>> };
