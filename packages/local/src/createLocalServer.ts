import { createServer } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { apiPrefix, errorBody, type WireComputer } from "@miosa/protocol";
import { readApiKeys } from "./apiKeys.js";
import { createAccess } from "./access/access.js";
import { createQuotas } from "./access/quotas.js";
import { createScopedKeys } from "./access/scopedKeys.js";
import { type AppParts, createApp } from "./createApp.js";
import { chooseDriver, type DriverChoice, type DriverName, isDriverName } from "./drivers/chooseDriver.js";
import type { SandboxDriver } from "./drivers/driver.js";
import { createEventLog } from "./events/eventLog.js";
import { computerEventSocket } from "./exec/computerEventSocket.js";
import { execSocketRoutes } from "./exec/execSocketRoutes.js";
import { createTerminals } from "./exec/terminals.js";
import { createFaults, type Faults } from "./faults.js";
import { createOpenStreams } from "./http/eventStream.js";
import { HttpProblem } from "./http/httpProblem.js";
import { listen, trackConnections } from "./http/connections.js";
import { serveUpgrades } from "./http/upgrades.js";
import type { LocalServerOptions } from "./options.js";
import { createRequestLog, type LogEntry } from "./requestLog.js";
import { toWireComputer } from "./sandboxes/sandboxRecord.js";
import { createSandboxStore, type SandboxStore } from "./sandboxes/sandboxStore.js";
import { noState, noteAlive, openState, type ServerState } from "./state/openState.js";
import { createUsageMeter, type UsageMeter } from "./usage/usageMeter.js";

/** A running local server. */
export interface LocalServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The API's base URL, as `MIOSA_BASE_URL` takes it. */
  readonly baseUrl: string;
  /** The first accepted key, as `MIOSA_API_KEY` takes it. */
  readonly apiKey: string;
  readonly port: number;
  /** Where sandboxes outlive the server; absent when they do not. */
  readonly stateDir?: string;
  /** How sandboxes are kept apart. `"none"` isolates nothing. */
  readonly isolation: string;
  /** Which driver runs the sandboxes, and why better ones do not. */
  readonly driver: { readonly name: string } & Pick<DriverChoice, "refused">;
  /** The hosts that sandboxes may connect to, as given. Without isolation they reach every host, whatever stands here. */
  readonly egress: readonly string[];
  readonly faults: Faults;
  /** Copies of the logged requests, oldest first. */
  readonly requests: readonly Readonly<LogEntry>[];
  /** How many requests matched a route, given as `GET /computers/:id` or as a path pattern alone. */
  countRequests(route: string): number;
  /** Forgets the logged requests. */
  clearRequests(): void;
  /** Connections and streams that are open right now. */
  connections(): LocalConnections;
  /** Cuts every open connection, as a failing network does. New ones are accepted. */
  cutConnections(): void;
  readonly sandboxes: {
    /** How many sandboxes and computers of all tenants there are. */
    readonly count: number;
    /** All tenants' sandboxes and computers, oldest first. */
    list(): readonly WireComputer[];
  };
  /** Answers a request in memory, without a socket. Give it URLs below `url`. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * Destroys all sandboxes with their processes, ends all connections and stops listening; with a state directory, stops the sandboxes
   * and leaves them to the next server. Calling it again is harmless.
   */
  close(): Promise<void>;
}

/** What is open at a server. */
export interface LocalConnections {
  sockets: number;
  streams: { readiness: number; events: number };
}

/** How long clients may take to receive what the closing server has answered, in milliseconds. */
const answerPatienceMs = 500;

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

/**
 * Starts an API-compatible local server that really runs sandboxes. Throws when the host is not a loopback address,
 * when the port is taken (`EADDRINUSE`), when the driver cannot run here, or when the state directory cannot be used
 * (a {@link LocalStateError}).
 */
export async function createLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  const { host = "127.0.0.1", dataDir, now = Date.now, onError = reportError } = options;
  if (!loopback.has(host)) {
    throw new TypeError(`host ${JSON.stringify(host)} is not a loopback address. The server runs commands on this machine, so it listens on 127.0.0.1, localhost or ::1 only.`);
  }
  if (options.apiKeys) readApiKeys(options.apiKeys); // before anything is made
  const { isolation, limits, warmPool, stateDir } = options;
  const wanted = options.driver ?? driverOf(process.env["MIOSA_LOCAL_DRIVER"]);
  const forOwnUsers = wanted === "auto" || wanted === "bwrap" || wanted === "unshare";
  const state = stateDir === undefined ? noState(dataDir) : await openState(stateDir, { forOwnUsers, onError });
  const keys = await orElse(state.close, async () => readApiKeys(options.apiKeys ?? [await state.apiKey()]));
  const { driver, refused } = await orElse(state.close, () =>
    chooseDriver({
      driver: wanted,
      ...state.forDriver,
      ...(dataDir !== undefined && { dataDir }),
      ...(isolation && { isolation }),
      ...(limits && { limits }),
      ...(options.egress && { egress: options.egress }),
      ...(warmPool !== undefined && { warmPool }),
    }),
  );

  const faults = createFaults(options.faults);
  const log = createRequestLog();
  const events = createEventLog(now);
  const sandboxEvents = createEventLog(now);
  const meter = createUsageMeter(now, state.journal);
  const scopedKeys = createScopedKeys(now, state.journal, state.saved.keys);
  const access = createAccess(keys, { scopedKeys, secret: state.tokenSecret, now });
  const streams = createOpenStreams();
  const closing = new AbortController();
  const store = createSandboxStore({ driver, events, sandboxEvents, meter, faults, now, onError, autoStart: options.autoStart ?? true, scratch: state.scratch.directory, closing: closing.signal, keeping: state });
  let port = 0;
  const parts: AppParts = {
    store,
    events,
    sandboxEvents,
    meter,
    access,
    scopedKeys,
    terminals: createTerminals(now),
    quotas: createQuotas(state.journal, state.saved.quotas),
    ...(options.requestsPerMinute !== undefined && { requestsPerMinute: options.requestsPerMinute }),
    faults,
    streams,
    driver,
    log,
    now,
    onError,
    journal: state.journal,
    savedAnswers: state.saved.answers,
    allowOrigins: options.allowOrigins ?? [],
    readinessStreamTimeoutMs: options.readinessStreamTimeoutMs ?? 30_000,
    keepaliveMs: options.keepaliveMs ?? 10_000,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    bodyLimitBytes: options.bodyLimitBytes ?? 1_048_576,
    outputLimitBytes: options.outputLimitBytes ?? 1_048_576,
    uploadLimitBytes: options.uploadLimitBytes ?? 2_147_483_648,
    port: () => port,
    closing: closing.signal,
    onRequest: options.onRequest ?? (() => {}),
  };
  const endAlive = noteAlive(state, meter.isRunning, now);
  const undo = async (): Promise<void> => {
    endAlive();
    await store.close();
    await driver.close();
    await state.close();
  };
  await orElse(undo, () => takeOver(state, { store, meter, driver }));
  const { app, http } = await orElse(undo, () => {
    const made = createApp(parts);
    const listener = getRequestListener(made.fetch, { overrideGlobalObjects: false, errorHandler: (error) => badRequest(error, onError) });
    return { app: made, http: createServer((incoming, outgoing) => void listener(incoming, outgoing).catch(onError)) };
  });
  const connections = trackConnections(http);
  const endSockets = serveUpgrades(http, [...execSocketRoutes(parts), computerEventSocket(parts)], parts);
  const undoAll = async (): Promise<void> => {
    endSockets();
    await undo();
  };
  port = await orElse(undoAll, () => listen(http, host, options.port ?? 0));

  async function closeNow(): Promise<void> {
    const stopped = new Promise((resolve) => http.close(resolve));
    closing.abort(new HttpProblem("AGENT_UNAVAILABLE", "The server closes."));
    if (state.path === undefined) streams.closeAll();
    endAlive();
    try {
      await store.close();
    } finally {
      streams.closeAll(); // those who listen have been told by now that their sandboxes are stopped
      await connections.answered(answerPatienceMs);
      endSockets();
      http.closeAllConnections();
      await stopped;
      await driver.close();
      await state.close();
    }
  }
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeNow());
  const url = `http://${host === "::1" ? "[::1]" : host}:${port}`;

  return {
    url,
    baseUrl: url + apiPrefix,
    apiKey: keys.first,
    port,
    ...(state.path !== undefined && { stateDir: state.path }),
    isolation: driver.isolation,
    driver: { name: driver.name, refused },
    egress: options.egress?.allow ?? [],
    faults,
    get requests() {
      return log.entries();
    },
    countRequests: (route) => log.count(route),
    clearRequests: () => log.clear(),
    connections: () => ({ sockets: connections.sockets(), streams: { readiness: streams.count("readiness"), events: streams.count("events") } }),
    cutConnections: () => http.closeAllConnections(),
    sandboxes: {
      get count() {
        return store.all().length;
      },
      list: () => store.all().map(toWireComputer),
    },
    fetch: async (input, init) => fetchInMemory((request) => app.fetch(request, {}), new Request(input, init), init?.signal ?? undefined),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Begins with what an earlier server has left. */
async function takeOver({ path, saved }: ServerState, { store, meter, driver }: { store: SandboxStore; meter: UsageMeter; driver: SandboxDriver }): Promise<void> {
  if (path !== undefined && !driver.adopt) throw new TypeError(`The driver ${driver.name} cannot keep sandboxes in a state directory. Leave stateDir out, or choose another driver.`);
  await store.takeOver(saved.sandboxes);
  const records = new Map(store.all().map((record) => [record.id, record]));
  meter.takeOver(saved.sessions, saved.aliveAt, (id) => records.get(id));
}

/** Does something, and when it fails undoes what was done before. */
async function orElse<Result>(undo: () => Promise<void>, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await undo();
    throw error;
  }
}

function driverOf(name: string | undefined): DriverName {
  if (name === undefined || name === "") return "auto";
  if (isDriverName(name)) return name;
  throw new TypeError(`MIOSA_LOCAL_DRIVER=${name} is no driver: use auto, bwrap, unshare or process.`);
}

// The app in memory knows nothing of the caller's signal, so the answer's body is passed through a stream that does.
async function fetchInMemory(
  answer: (request: Request) => Response | Promise<Response>,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Response> {
  signal?.throwIfAborted();
  const response = await answer(request);
  if (!response.body || !signal) return response;
  const body = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
  return new Response(body, response);
}

function badRequest(error: unknown, onError: (error: unknown) => void): Response {
  const isRequest = error instanceof RequestError;
  if (!isRequest) onError(error);
  const body = isRequest ? errorBody("INVALID_ID", "The request's URL or Host header is not valid.") : errorBody("INTERNAL_ERROR", "The server failed; its own output says more.");
  return new Response(JSON.stringify(body), { status: isRequest ? 400 : 500, headers: { "content-type": "application/json" } });
}

function reportError(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
