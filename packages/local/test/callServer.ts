import { sandboxTemplate } from "@miosa/protocol";
import { isObject } from "../src/isObject.js";

/** What a test needs to know of a server. */
interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body when it is a JSON object, else empty. */
  body: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  key?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** Sends one request over a real socket and reads the whole answer. */
export async function call(server: Target, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { body, key = server.apiKey, headers, signal } = options;
  const response = await fetch(server.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parseObject(text) };
}

/** Creates a sandbox and returns its id without waiting. */
export async function createSandbox(server: Target, fields: object = {}, options: CallOptions = {}): Promise<string> {
  const { status, body, text } = await call(server, "POST", "/computers", { ...options, body: { template_type: sandboxTemplate, ...fields } });
  if (status !== 201) throw new Error(`Create answered ${status}: ${text}`);
  return String(body["id"]);
}

/** Creates a sandbox and returns its id once its readiness stream says `ready`. */
export async function createReady(server: Target, fields: object = {}): Promise<string> {
  const id = await createSandbox(server, fields);
  const { text } = await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  if (!text.includes("event: ready\n")) throw new Error(`The sandbox is not ready: ${text}`);
  return id;
}

/** Runs a command in a sandbox. */
export function exec(server: Target, id: string, command: string, more: object = {}, options: CallOptions = {}): Promise<Answer> {
  return call(server, "POST", `/computers/${id}/exec`, { ...options, body: { command, ...more } });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  if (!text.startsWith("{")) return {};
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : {};
}
