import { invalidArgument, ProtocolError } from "../errors.js";
import { asNumber, asString, isList, isRecord } from "../guards.js";
import { idempotencyKeyOf } from "../http/idempotencyKey.js";
import type { Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { requireNumber, requireObject, requireString } from "../requireArguments.js";
import { unwrapMany, unwrapOne } from "../wire.js";
import { downloadFile } from "./downloadFile.js";
import { contentBytes, toBase64 } from "./fileContent.js";
import { fileFromWire, treeFromWire } from "./fileFromWire.js";
import type { Files } from "./types.js";
import { uploadFile } from "./uploadFile.js";
import { watchFiles } from "./watchFiles.js";

const defaultPath = "/workspace";

/** The `files` namespace over a transport. */
export function createFiles(transport: Transport): Files {
  async function read(id: string, path: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>> {
    check(id, path);
    const bytes = await transport.call("GET /computers/:id/files/download", { params: { id }, query: { path }, answer: "bytes", options });
    return bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : new Uint8Array();
  }
  return {
    async list(id, path = defaultPath, options) {
      check(id, path);
      const reply = await transport.call("GET /computers/:id/files/list", { params: { id }, query: { path }, options });
      return unwrapMany(reply, "entries", "files").items.map(fileFromWire);
    },
    async tree(id, path = defaultPath, { depth = 3, includeHidden = false, ...options } = {}) {
      check(id, path);
      requireNumber("depth", depth, 1, 10);
      const query = { path, depth, include_hidden: includeHidden };
      return treeFromWire(unwrapOne(await transport.call("GET /sandboxes/:id/files/tree", { params: { id }, query, options }), "tree", "root"));
    },
    read,
    readText: async (id, path, options) => new TextDecoder().decode(await read(id, path, options)),
    async write(id, path, content, options = {}) {
      check(id, path);
      const body = { path, content_base64: toBase64(await contentBytes(content)) };
      await transport.call("POST /computers/:id/files/write", { params: { id }, body, ...keyed(options) });
    },
    async writeMany(id, files, options = {}) {
      if (!isList(files)) throw invalidArgument("files must be a list of { path, content }.");
      const wire = await Promise.all(
        files.map(async (file) => {
          requireObject("file", file);
          const { path, content } = file;
          requireString("path", path);
          return { path, content_base64: toBase64(await contentBytes(content)) };
        }),
      );
      const init = { params: { id }, body: { files: wire }, ...keyed(options) };
      const reply = unwrapOne(await transport.call("POST /sandboxes/:id/files/write-many", init));
      const rows = (name: string): Record<string, unknown>[] => [reply[name]].flat().filter(isRecord);
      return {
        written: rows("written").map((row) => ({ path: String(row["path"]), sizeBytes: asNumber(row["size_bytes"]) ?? 0 })),
        failed: rows("failed").map((row) => ({ path: String(row["path"]), error: asString(row["error"]) ?? "unknown error" })),
      };
    },
    upload: (id, path, content, options) => uploadFile(transport, id, path, content, options),
    download: (id, path, options) => downloadFile(transport, id, path, options),
    async stat(id, path, options) {
      check(id, path);
      const reply = await transport.call("POST /computers/:id/files/stat", { params: { id }, body: { path }, options });
      return fileFromWire({ path, ...unwrapOne(reply, "file", "stat") });
    },
    async mkdir(id, path, { recursive = true, ...options } = {}) {
      check(id, path);
      await transport.call("POST /computers/:id/files/mkdir", { params: { id }, body: { path, recursive }, ...keyed(options) });
    },
    async rename(id, from, to, options = {}) {
      requireString("from", from);
      requireString("to", to);
      await transport.call("POST /computers/:id/files/rename", { params: { id }, body: { from, to }, ...keyed(options) });
    },
    async delete(id, path, { recursive = false, ...options } = {}) {
      check(id, path);
      await transport.call("DELETE /computers/:id/files", { params: { id }, query: { path, recursive }, options });
    },
    async exportUrl(id, path, options) {
      check(id, path);
      const reply = unwrapOne(await transport.call("POST /computers/:id/files/export", { params: { id }, body: { path }, options }));
      const url = asString(reply["url"]);
      if (url === undefined) throw new ProtocolError("The server sent no link.", { code: "INVALID_RESPONSE", sandboxId: id });
      return { url, expiresAt: asString(reply["expires_at"]) ?? null };
    },
    watch: (id, path, options) => watchFiles(transport, id, path, options),
  };
}

function check(id: string, path: string): void {
  requireString("path", path);
}

/** A key makes a write safe to repeat: the server runs it once. */
function keyed<Options extends { idempotencyKey?: string | undefined }>(options: Options): { idempotencyKey: string; options: Options } {
  return { idempotencyKey: idempotencyKeyOf(options), options };
}
