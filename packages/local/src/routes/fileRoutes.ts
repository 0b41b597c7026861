import { fileRoutes as routes } from "@miosa/protocol";
import { BoxFileError } from "../agent/fileError.mjs";
import type { BoxFile, BoxFiles, BoxTree } from "../drivers/boxFiles.js";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { readMultipart } from "../http/multipart.js";
import { jsonObject } from "../http/requestBody.js";
import { isObject } from "../isObject.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox, untilStopped } from "./localRoute.js";

const workspace = "/workspace";
/** How long a link of `files/export` works, in seconds. */
const exportLifeSec = 900;

/** Files of a running sandbox. Contract 4.8 and 6.6. */
export function fileRoutes(parts: RouteParts): LocalRoute[] {
  const files = (context: LocalContext): BoxFiles => runningBox(namedRecord(context, parts), parts).files;
  const route = (of: LocalRoute["route"], answer: LocalRoute["answer"], more: Partial<LocalRoute> = {}): LocalRoute => ({
    route: of,
    ...more,
    answer: async (context) => {
      try {
        return await answer(context);
      } catch (error) {
        throw error instanceof BoxFileError ? problemOf(error) : error;
      }
    },
  });
  return [
    route(routes.list, async (context) => {
      const path = context.req.query("path") ?? workspace;
      const entries = (await files(context).list(path)).map(toWireFile);
      return context.json({ data: { path, entries }, path, entries, files: entries });
    }),
    route(routes.tree, async (context) => {
      const { path = workspace, depth = "3", include_hidden: hidden } = context.req.query();
      if (!/^([1-9]|10)$/.test(depth)) throw validationProblem({ depth: ["must be a whole number from 1 to 10"] });
      return context.json({ data: toWireTree(await files(context).tree(path, { depth: Number(depth), includeHidden: hidden === "true" })) });
    }),
    route(routes.download, async (context) => {
      const { file, pieces } = await files(context).read(requiredPath(context.req.query("path")), { signal: context.req.raw.signal });
      const name = encodeURIComponent(file.name);
      return new Response(streamOf(pieces), {
        headers: {
          "content-type": "application/octet-stream",
          "content-length": String(file.sizeBytes),
          "content-disposition": `attachment; filename*=UTF-8''${name}`,
          "x-content-type-options": "nosniff",
        },
      });
    }),
    route(
      routes.upload,
      async (context) => {
        const target = files(context);
        const { fields, filename, content } = await readMultipart(context.req.raw);
        const given = fields.get("path") ?? `${workspace}/`;
        const path = given.endsWith("/") ? given + filename : given;
        const parents = fields.get("create_dirs") !== "false";
        const file = await target.write(path, content, { parents, maxBytes: parts.uploadLimitBytes, signal: context.req.raw.signal });
        return context.json({ success: true, file: { path: file.path, filename: file.name, size_bytes: file.sizeBytes } }, 201);
      },
      { streamsBody: true },
    ),
    route(routes.write, async (context) => {
      const body = jsonObject(context);
      const file = await files(context).write(requiredPath(body["path"]), readBase64(body["content_base64"]), { parents: true });
      return context.json({ success: true, ...toWireFile(file) });
    }),
    route(routes.writeMany, async (context) => {
      const target = files(context);
      const { files: given } = jsonObject(context);
      if (!Array.isArray(given)) throw validationProblem({ files: ["must be a list of { path, content_base64 }"] });
      const written: unknown[] = [];
      const failed: unknown[] = [];
      for (const each of given.map((one: unknown) => (isObject(one) ? one : {}))) {
        const path = requiredPath(each["path"]);
        try {
          const file = await target.write(path, readBase64(each["content_base64"]), { parents: true });
          written.push({ path: file.path, size_bytes: file.sizeBytes });
        } catch (error) {
          if (!(error instanceof BoxFileError)) throw error;
          failed.push({ path, error: error.message });
        }
      }
      return context.json({ data: { written, failed } });
    }),
    route(routes.delete, async (context) => {
      await files(context).remove(requiredPath(context.req.query("path")), { recursive: context.req.query("recursive") === "true" });
      return context.json({ ok: true });
    }),
    route(routes.stat, async (context) => {
      const file = await files(context).stat(requiredPath(jsonObject(context)["path"]));
      return context.json({ data: toWireFile(file) });
    }),
    route(routes.mkdir, async (context) => {
      const { path, recursive = true } = jsonObject(context);
      await files(context).mkdir(requiredPath(path), { parents: recursive === true });
      return context.json({ ok: true });
    }),
    route(routes.rename, async (context) => {
      const { from, to } = jsonObject(context);
      await files(context).rename(requiredPath(from, "from"), requiredPath(to, "to"));
      return context.json({ ok: true });
    }),
    route(routes.export, async (context) => {
      const path = requiredPath(jsonObject(context)["path"]);
      await files(context).stat(path);
      const ticket = parts.access.mintTicket(context.get("caller"));
      const url = new URL(context.req.url);
      url.pathname = url.pathname.replace(/\/export$/, "/download");
      url.search = new URLSearchParams({ path, ticket }).toString();
      return context.json({ url: url.href, expires_at: toTime(parts.now() + exportLifeSec * 1_000) });
    }),
    route(routes.watch, async (context) => {
      const record = namedRecord(context, parts);
      const { path = workspace, recursive = "true" } = context.req.query();
      const target = runningBox(record, parts).files;
      await target.stat(path);
      const stopped = untilStopped(record, parts);
      return openEventStream(context, (stream) => {
        const left = new AbortController();
        stream.onEnd(() => left.abort());
        stream.onEnd(stopped.callOff);
        parts.streams.add("events", stream);
        const signal = AbortSignal.any([left.signal, stopped.signal]);
        const options = {
          recursive: recursive !== "false",
          signal,
          onStarted: () => keepAlive(stream, "watching", parts.heartbeatMs),
          onChange: ({ type, path: changed, sizeBytes }: { type: string; path: string; sizeBytes?: number }) =>
            stream.send({ event: type, data: { type, path: changed, ...(sizeBytes !== undefined && { size_bytes: sizeBytes }) } }),
        };
        void target.watch(path, options).then(() => stream.close(), () => stream.cut());
      });
    }),
  ];
}

function requiredPath(value: unknown, name = "path"): string {
  if (typeof value === "string" && value !== "") return value;
  throw new HttpProblem("MISSING_PARAM", `${name} is required.`);
}

function readBase64(value: unknown): Uint8Array {
  if (typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) return Buffer.from(value, "base64");
  throw validationProblem({ content_base64: ["must be base64"] });
}

function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

const kinds = { file: "file", directory: "directory", symlink: "symlink", other: "file" } as const;

function toWireFile(file: BoxFile): Record<string, unknown> {
  return {
    name: file.name,
    path: file.path,
    type: kinds[file.kind],
    is_dir: file.kind === "directory",
    is_symlink: file.kind === "symlink",
    size: file.sizeBytes,
    size_bytes: file.sizeBytes,
    mode: file.mode.toString(8).padStart(4, "0"),
    permissions: file.mode.toString(8).padStart(4, "0"),
    modified_at: toTime(file.modifiedAtMs),
  };
}

function toWireTree(node: BoxTree): Record<string, unknown> {
  return { ...toWireFile(node), ...(node.children && { children: node.children.map(toWireTree) }) };
}

function problemOf(error: BoxFileError): HttpProblem {
  switch (error.code) {
    case "NOT_FOUND":
      return new HttpProblem("NOT_FOUND", error.message);
    case "FORBIDDEN_PATH":
      return new HttpProblem("FORBIDDEN_PATH", error.message);
    case "ALREADY_EXISTS":
    case "NOT_EMPTY":
      return new HttpProblem("CONFLICT", error.message);
    case "TOO_LARGE":
    case "NO_SPACE":
      return new HttpProblem("FILE_TOO_LARGE", error.message);
    case "IO_ERROR":
      return new HttpProblem("AGENT_UNAVAILABLE", error.message);
    default:
      return validationProblem({ path: [error.message] });
  }
}
