import { feedRecheckType } from "@miosa/protocol";
import { isRecord } from "../wire.js";
import type { UpstreamMessage } from "./upstreamEvents.js";

/** An event of the API that is about one sandbox or computer. */
export interface ParsedEvent {
  type: string;
  resourceId: string;
  data: Record<string, unknown>;
}

const encoder = /* @__PURE__ */ new TextEncoder();

/** What a stream opens with, so that proxies flush its headers. */
export const helloFrame = /* @__PURE__ */ encoder.encode(": connected\n\n");

/** What keeps a quiet stream alive. */
export const heartbeatFrame = /* @__PURE__ */ encoder.encode(": heartbeat\n\n");

/** Asks a browser to look again at what it follows. With an id, the stream goes on from there. */
export function recheckFrame(id: string | undefined): Uint8Array {
  return frameOf(id, feedRecheckType, { type: feedRecheckType, id: "feed" });
}

/** Writes an event as it goes to browsers. */
export function frameOf(id: string | undefined, type: string, data: unknown): Uint8Array {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return encoder.encode(`${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Reads an event. Undefined for one that is not about a sandbox or computer, which has an owner. Contract 5.3. */
export function parseEvent({ type: name, data }: UpstreamMessage): ParsedEvent | undefined {
  const body = parseJson(data);
  if (!isRecord(body)) return undefined;
  const type = typeof body["type"] === "string" ? body["type"] : name;
  const resourceId = body["id"];
  if (type === undefined || !/^(sandbox|computer)\.[\w.]{1,64}$/.test(type)) return undefined;
  if (typeof resourceId !== "string" || !/^\w[\w.~-]{0,127}$/.test(resourceId)) return undefined;
  return { type, resourceId, data: body };
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined; // not an event of this API: it concerns nobody
  }
}
