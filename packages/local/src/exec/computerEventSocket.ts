import type { WebSocket } from "ws";
import type { BoxFileChange } from "../drivers/boxFiles.js";
import type { OpenedSocket, SocketRoute } from "../http/upgrades.js";
import { type RouteParts, untilStopped } from "../routes/localRoute.js";
import { toTime } from "../sandboxes/sandboxRecord.js";

/** Subprotocol of the events inside a computer, which a client need not offer. Contract 5.4. */
export const eventsProtocol = "miosa-events-v1";

const producers: ReadonlySet<string> = new Set(["window", "clipboard", "file", "process", "idle"]);

/** What happens inside a computer, as a WebSocket tells it. Of the producers, this server has `file`. Contract 5.4. */
export function computerEventSocket(parts: RouteParts): SocketRoute {
  return { path: "/computers/:id/events", permission: "exec", optionalProtocol: eventsProtocol, open: (opened) => tellEvents(opened, parts) };
}

async function tellEvents({ socket, record, query }: OpenedSocket, parts: RouteParts): Promise<void> {
  const wanted = (query.get("subscribe") ?? "").split(",").filter(Boolean);
  const unknown = wanted.find((name) => !producers.has(name));
  if (wanted.length === 0 || unknown !== undefined) return socket.close(1008, "subscribe must name window, clipboard, file, process or idle.");
  const tell = (type: string, payload: object): void => send(socket, { type, timestamp: toTime(parts.now()), payload });
  for (const producer of wanted.filter((name) => name !== "file")) tell("producer.unavailable", { producer, reason: "This server does not watch it." });
  const stopped = untilStopped(record, parts);
  const left = new AbortController();
  socket.on("close", () => left.abort());
  socket.on("error", () => left.abort());
  const signal = AbortSignal.any([left.signal, stopped.signal]);
  const files = parts.store.boxOf(record)?.files;
  const paths = wanted.includes("file") ? (query.get("paths") ?? "/home/user").split(",") : [];
  const onChange = ({ type, path }: BoxFileChange): void => tell(`file.${type}`, { path });
  try {
    const watching = paths.map(async (path) => {
      try {
        await files?.watch(path, { recursive: true, signal, onChange });
      } catch (error) {
        tell("producer.unavailable", { producer: "file", reason: error instanceof Error ? error.message : "It cannot be watched." });
      }
    });
    await Promise.all([...watching, new Promise((resolve) => (signal.aborted ? resolve(undefined) : signal.addEventListener("abort", resolve, { once: true })))]);
  } finally {
    stopped.callOff();
    socket.close(1000);
  }
}

function send(socket: WebSocket, event: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(event));
}
