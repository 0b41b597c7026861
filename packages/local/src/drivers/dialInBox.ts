import type { Duplex } from "node:stream";
import { streams } from "../agent/channels.mjs";
import { type AgentMux, toBoxError } from "./agentClient.js";
import { createChannelStream } from "./channelStream.js";

/** Connects to a port inside. */
export async function dialInBox(mux: AgentMux, port: number, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  let onConnected = (): void => {};
  const connected = new Promise<void>((resolve) => (onConnected = resolve));
  const { duplex, events } = createChannelStream({ sends: streams.input, takes: streams.output }, () => channel, () => channel.cancel());
  const channel = mux.call("dial", { port }, { ...events, onMessage: () => onConnected() });
  const over = channel.result.then(() => duplex.destroyed || duplex.push(null));
  over.catch((error: unknown) => void duplex.destroy(error instanceof Error ? error : new Error("The connection failed.")));
  duplex.on("error", () => {}); // until the caller listens
  const onAbort = (): void => void duplex.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([connected, over, closeOf(duplex)]);
    return duplex;
  } catch (error) {
    signal.throwIfAborted();
    throw toBoxError(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function closeOf(duplex: Duplex): Promise<never> {
  return new Promise((_, reject) => duplex.once("close", () => reject(duplex.errored ?? new Error("The connection was closed."))));
}
