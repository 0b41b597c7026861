import type { IncomingMessage, ServerResponse } from "node:http";
import { startRawServer, type RawServer } from "@miosa/local/testing";
import { createTransport, type MiosaClientOptions, type Transport } from "@miosa/core";

/** A transport to a server whose every answer the test decides. */
export interface RawTransport extends AsyncDisposable {
  server: RawServer;
  transport: Transport;
  /** Requests whose connection or answer is still open. Sockets tell nothing: Node's fetch opens a fresh idle one after an abort. */
  openRequests(): number;
  /** `GET /computers/:id`, the plainest call. */
  get(options?: { signal?: AbortSignal; timeoutMs?: number; headers?: Record<string, string> }): Promise<unknown>;
}

/** Starts the server and makes the transport; without retries unless `options` say otherwise. */
export async function startRawTransport(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  options: MiosaClientOptions = {},
): Promise<RawTransport> {
  let open = 0;
  const server = await startRawServer((request, response) => {
    open += 1;
    response.once("close", () => (open -= 1));
    return answer(request, response);
  });
  const transport = createTransport({ baseUrl: server.url, retries: 0, ...options });
  return {
    server,
    transport,
    openRequests: () => open,
    get: (callOptions) => transport.call("GET /computers/:id", { params: { id: "box-1" }, options: callOptions }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** What a promise rejects with. Throws when it does not. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("It did not reject.");
}

/** Collects garbage every few milliseconds until disposed: what only an abandoned object held must still work. */
export function forceGarbageCollection(): Disposable {
  const collect = globalThis.gc;
  if (!collect) throw new Error("Run Node with --expose-gc.");
  const timer = setInterval(() => {
    collect();
  }, 5);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A promise and what resolves it. */
export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
