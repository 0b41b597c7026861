import { randomUUID } from "node:crypto";
import { fileRoutes as routes } from "@miosa/protocol";
import type { BoxFile, BoxFiles } from "../drivers/boxFiles.js";
import { withinStorage } from "../access/storageFiles.js";
import { bytesAnswer } from "../http/bytesAnswer.js";
import type { LocalContext } from "../http/localEnv.js";
import { readMultipart } from "../http/multipart.js";
import { jsonObject } from "../http/requestBody.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import { fileRoute, readContent, readMode, requiredPath, toWireFile, workspace } from "./fileFields.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox } from "./localRoute.js";

/** How long a link of `files/export` works, in seconds. */
const exportLifeSec = 900;

/** Files of a running sandbox or computer. Contract 6.6. */
export function fileRoutes(parts: RouteParts): LocalRoute[] {
  const files = (context: LocalContext): BoxFiles => {
    const record = namedRecord(context, parts);
    return withinStorage(runningBox(record, parts).files, record, parts);
  };

  async function list(context: LocalContext): Promise<Response> {
    const path = context.req.query("path") ?? workspace;
    const entries = (await files(context).list(path)).map(toWireFile);
    return context.json({ data: { path, entries }, path, entries, files: entries });
  }

  /** A form may say where its file goes only after it: the file then waits beside its place. */
  async function upload(context: LocalContext): Promise<BoxFile> {
    const target = files(context);
    const form = await readMultipart(context.req.raw);
    const options = { maxBytes: parts.uploadLimitBytes, signal: context.req.raw.signal };
    const place = (): string => {
      const given = form.fields.get("path") ?? `${workspace}/`;
      return given.endsWith("/") ? given + form.filename : given;
    };
    const parents = (): boolean => form.fields.get("create_dirs") !== "false";
    if (form.fields.has("path")) {
      const written = await target.write(place(), form.content, { ...options, parents: parents() });
      await form.finish();
      return written;
    }
    const waiting = await target.write(`${workspace}/.upload-${randomUUID()}`, form.content, options);
    try {
      await form.finish();
      const path = place();
      const above = path.slice(0, path.lastIndexOf("/"));
      if (parents() && above !== "") await target.mkdir(above, { parents: true });
      return await target.rename(waiting.path, path);
    } catch (error) {
      await target.remove(waiting.path).catch(() => {}); // what went wrong matters more
      throw error;
    }
  }

  return [
    fileRoute(routes.list, list),
    fileRoute({ ...routes.list, path: "/computers/:id/files" }, list),
    fileRoute({ ...routes.list, path: "/computers/:id/files/readdir" }, list),
    fileRoute(routes.download, async (context) => {
      const { file, pieces } = await files(context).read(requiredPath(context.req.query("path")), { signal: context.req.raw.signal });
      return bytesAnswer(context, pieces, file.name, { sizeBytes: file.sizeBytes, onError: parts.onError });
    }),
    fileRoute(
      routes.upload,
      async (context) => {
        const file = await upload(context);
        return context.json({ success: true, file: { path: file.path, filename: file.name, size_bytes: file.sizeBytes } }, 201);
      },
      { streamsBody: true },
    ),
    fileRoute(routes.write, async (context) => {
      const body = jsonObject(context);
      const file = await files(context).write(requiredPath(body["path"]), readContent(body), { parents: true });
      return context.json({ success: true, ...toWireFile(file) });
    }),
    fileRoute(routes.delete, async (context) => {
      const body = jsonObject(context);
      const path = requiredPath(context.req.query("path") ?? body["path"]);
      await files(context).remove(path, { recursive: (context.req.query("recursive") ?? String(body["recursive"])) === "true" });
      return context.json({ ok: true });
    }),
    fileRoute(routes.stat, async (context) => context.json({ data: toWireFile(await files(context).stat(requiredPath(jsonObject(context)["path"]))) })),
    fileRoute({ ...routes.stat, method: "GET" }, async (context) => context.json({ data: toWireFile(await files(context).stat(requiredPath(context.req.query("path")))) })),
    fileRoute(routes.mkdir, async (context) => {
      const body = jsonObject(context);
      const mode = readMode(body);
      await files(context).mkdir(requiredPath(body["path"]), { parents: body["recursive"] !== false, ...(mode !== undefined && { mode }) });
      return context.json({ ok: true });
    }),
    fileRoute(routes.rename, async (context) => {
      const { from, to } = jsonObject(context);
      await files(context).rename(requiredPath(from, "from"), requiredPath(to, "to"));
      return context.json({ ok: true });
    }),
    fileRoute({ ...routes.rename, path: "/computers/:id/files/copy" }, async (context) => {
      const { from, to, recursive } = jsonObject(context);
      await files(context).copy(requiredPath(from, "from"), requiredPath(to, "to"), { recursive: recursive === true });
      return context.json({ ok: true });
    }),
    fileRoute({ ...routes.rename, path: "/computers/:id/files/chmod" }, async (context) => {
      const body = jsonObject(context);
      await files(context).chmod(requiredPath(body["path"]), readMode({ mode: requiredMode(body["mode"]) }) ?? 0);
      return context.json({ ok: true });
    }),
    fileRoute(routes.export, async (context) => {
      const path = requiredPath(jsonObject(context)["path"]);
      await files(context).stat(path);
      const url = new URL(context.req.url);
      url.pathname = url.pathname.replace(/\/export$/, "/download");
      url.search = new URLSearchParams({ path }).toString();
      const link = parts.access.signLink(context.get("caller"), url, exportLifeSec);
      return context.json({ url: link.href, expires_at: toTime(parts.now() + exportLifeSec * 1_000) });
    }),
  ];
}

function requiredMode(mode: unknown): string | number {
  return typeof mode === "number" ? mode : requiredPath(mode, "mode");
}
