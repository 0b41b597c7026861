import { fileRoutes as routes } from "@miosa/protocol";
import { BoxFileError } from "../agent/fileError.mjs";
import type { BoxFiles } from "../drivers/boxFiles.js";
import { withinStorage } from "../access/storageFiles.js";
import { bytesAnswer } from "../http/bytesAnswer.js";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isObject } from "../isObject.js";
import { fileRoute, readContent, requiredPath, toWireFile, toWireTree, workspace } from "./fileFields.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox, untilStopped } from "./localRoute.js";

const root = "/sandboxes/:id/files";

/** Files of a sandbox as the native resource offers them. Contract 4.8. */
export function sandboxFileRoutes(parts: RouteParts): LocalRoute[] {
  const files = (context: LocalContext): BoxFiles => {
    const record = namedRecord(context, parts);
    return withinStorage(runningBox(record, parts).files, record, parts);
  };

  async function list(context: LocalContext): Promise<Response> {
    const { path = workspace, depth = "1" } = context.req.query();
    if (!/^([1-9]|10)$/.test(depth)) throw validationProblem({ depth: ["must be a whole number from 1 to 10"] });
    return context.json({ data: { path, entries: (await files(context).list(path, { depth: Number(depth) })).map(toWireFile) } });
  }

  async function read(context: LocalContext, path: string): Promise<Response> {
    const { file, pieces } = await files(context).read(path, { signal: context.req.raw.signal });
    return bytesAnswer(context, pieces, file.name, { sizeBytes: file.sizeBytes, onError: parts.onError });
  }

  /** Writes each file, and says of each how that went. */
  async function writeMany(context: LocalContext): Promise<Response> {
    const target = files(context);
    const { files: given } = jsonObject(context);
    if (!Array.isArray(given)) throw validationProblem({ files: ["must be a list of { path, content_base64 }"] });
    const all = given.map((one: unknown) => (isObject(one) ? one : {})).map((one) => ({ path: requiredPath(one["path"]), content: readContent(one) }));
    const written: unknown[] = [];
    const failed: unknown[] = [];
    for (const { path, content } of all) {
      try {
        const file = await target.write(path, content, { parents: true });
        written.push({ path: file.path, size_bytes: file.sizeBytes });
      } catch (error) {
        if (!(error instanceof BoxFileError || error instanceof HttpProblem)) throw error;
        failed.push({ path, error: error.message });
      }
    }
    return context.json({ data: { written, failed } });
  }

  return [
    fileRoute({ ...routes.list, path: root }, list),
    fileRoute({ ...routes.list, path: `${root}/list` }, list),
    fileRoute({ ...routes.write, path: root }, async (context) => {
      const body = jsonObject(context);
      return context.json({ data: toWireFile(await files(context).write(requiredPath(body["path"]), readContent(body), { parents: true })) }, 201);
    }),
    fileRoute({ ...routes.download, path: `${root}/read` }, (context) => read(context, requiredPath(context.req.query("path")))),
    fileRoute({ ...routes.download, path: `${root}/*` }, (context) => read(context, pathBelow(context))),
    fileRoute({ ...routes.stat, path: `${root}/stat` }, async (context) => context.json({ data: toWireFile(await files(context).stat(requiredPath(jsonObject(context)["path"]))) })),
    fileRoute(routes.tree, async (context) => {
      const { path = workspace, depth = "3", include_hidden: hidden } = context.req.query();
      if (!/^([1-9]|10)$/.test(depth)) throw validationProblem({ depth: ["must be a whole number from 1 to 10"] });
      const node = toWireTree(await files(context).tree(path, { depth: Number(depth), includeHidden: hidden === "true" }));
      return context.json({ ...node, data: node });
    }),
    fileRoute(routes.writeMany, writeMany),
    fileRoute({ ...routes.writeMany, path: `${root}/batch` }, writeMany),
    fileRoute(routes.watch, async (context) => {
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

/** The file that the rest of the address names, each segment percent-encoded and without the leading slash. */
function pathBelow(context: LocalContext): string {
  const [, rest = ""] = /\/sandboxes\/[^/]+\/files\/(.*)$/.exec(new URL(context.req.url).pathname) ?? [];
  return `/${rest.split("/").map(decodeURIComponent).join("/")}`; // the id's check has found that it can be decoded
}
