import { closeableGenerator } from "../closeableGenerator.js";
import { NetworkError } from "../errors.js";
import { asNumber, asString } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { requireId, requireString } from "../requireArguments.js";
import { objectOfMessage } from "../sse/objectOfMessage.js";
import { openEventStream } from "../sse/openEventStream.js";
import type { SseMessage } from "../sse/sseMessages.js";
import { camelize } from "../wire.js";
import type { FileChange, WatchFilesOptions } from "./types.js";

const verbs: ReadonlyMap<string, FileChange["type"]> = new Map<string, FileChange["type"]>([
  ["created", "created"],
  ["create", "created"],
  ["modified", "modified"],
  ["modify", "modified"],
  ["deleted", "deleted"],
  ["delete", "deleted"],
  ["renamed", "renamed"],
  ["rename", "renamed"],
]);

/** Yields the changes below a path. `GET /sandboxes/:id/files/watch`, contract 4.8. */
export function watchFiles(
  transport: Transport,
  id: string,
  path = "/workspace",
  options: WatchFilesOptions = {},
): AsyncGenerator<FileChange, void, void> {
  requireId(id);
  requireString("path", path);
  const { recursive = true, headers, onOpen } = options;
  return closeableGenerator(options.signal, async function* watch(signal): AsyncGenerator<FileChange, void, void> {
    const stream = await openEventStream(transport, "GET /sandboxes/:id/files/watch", {
      params: { id },
      query: { path, recursive },
      headers,
      idleTimeoutMs: Number.POSITIVE_INFINITY, // no heartbeat is documented, so silence says nothing
      signal,
    });
    try {
      onOpen?.();
      for (let message = await stream.next(); message; message = await stream.next()) {
        const change = changeOf(message);
        if (change) yield change;
      }
    } finally {
      stream.close();
    }
    throw new NetworkError("The server ended the watch.", { code: "STREAM_LOST", sandboxId: id });
  });
}

function changeOf(message: SseMessage): FileChange | undefined {
  const wire = objectOfMessage(message);
  if (!wire) return undefined;
  const { event: verb, ...rest } = camelize(wire);
  const type = verbs.get(asString(verb) ?? asString(wire["type"]) ?? message.event);
  const path = asString(wire["path"]);
  if (!type || path === undefined) return undefined;
  const oldPath = asString(wire["old_path"]);
  const sizeBytes = asNumber(wire["size_bytes"]);
  return { ...rest, type, path, ...(oldPath !== undefined && { oldPath }), ...(sizeBytes !== undefined && { sizeBytes }) };
}
