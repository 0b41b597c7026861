import { randomUUID } from "node:crypto";
import { fileRoutes } from "@miosa/protocol";
import type { BoxFile, BoxFiles } from "../drivers/boxFiles.js";
import { archiveFiles } from "../exec/archiveFiles.js";
import { bytesAnswer } from "../http/bytesAnswer.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { jsonObject } from "../http/requestBody.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import { fileRoute } from "./fileFields.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox } from "./localRoute.js";

/** How long an export's links work, in seconds. */
const lifeSec = 900;
const maxPaths = 100;

/** Files to take away: one as it is, several or a directory as an archive. Contract 4.8. */
export function exportRoutes(parts: RouteParts): LocalRoute[] {
  return [
    fileRoute({ ...fileRoutes.export, path: "/sandboxes/:id/exports" }, async (context) => {
      const record = namedRecord(context, parts);
      const body = jsonObject(context);
      const { label = null, filename = null } = body;
      if ([label, filename].some((text) => text !== null && typeof text !== "string")) throw validationProblem({ label: ["must be a string, as must filename"] });
      const found = await look(runningBox(record, parts).files, readPaths([body["path"] ?? body["paths"]].flat()));
      const link = (entries: readonly [string, string][]): string => {
        const url = new URL(context.req.url);
        url.pathname += "/download";
        url.search = new URLSearchParams(entries.map(([name, value]): [string, string] => [name, value])).toString();
        return parts.access.signLink(context.get("caller"), url, lifeSec).href;
      };
      const named: readonly [string, string][] = typeof filename === "string" ? [["filename", filename]] : [];
      const wire = {
        id: `exp_${randomUUID()}`,
        sandbox_id: record.id,
        label,
        status: "ready",
        files: found.map(({ path, name }) => ({ path, filename: name, download_url: link([["path", path]]) })),
        archive_download_url: link([...found.map(({ path }): [string, string] => ["paths[]", path]), ...named]),
        expires_at: toTime(parts.now() + lifeSec * 1_000),
        created_at: toTime(parts.now()),
      };
      return context.json({ ...wire, data: wire }, 201);
    }),
    fileRoute({ ...fileRoutes.download, path: "/sandboxes/:id/exports/download" }, async (context) => {
      const record = namedRecord(context, parts);
      const box = runningBox(record, parts);
      const single = context.req.query("path");
      const several = context.req.queries("paths[]") ?? [];
      const found = await look(box.files, readPaths(single === undefined ? several : [single]));
      const [only] = found;
      const name = context.req.query("filename");
      if (single !== undefined && only?.kind === "file") {
        const { file, pieces } = await box.files.read(only.path, { signal: context.req.raw.signal });
        return bytesAnswer(context, pieces, name ?? file.name, { sizeBytes: file.sizeBytes, onError: parts.onError });
      }
      const archive = archiveFiles(box, found.map(({ path }) => path), context.req.raw.signal);
      return bytesAnswer(context, archive, archiveName(name ?? only?.name ?? "export"), { type: "application/gzip", onError: parts.onError });
    }),
  ];
}

async function look(files: BoxFiles, paths: readonly string[]): Promise<readonly BoxFile[]> {
  return Promise.all(paths.map((path) => files.stat(path)));
}

function readPaths(paths: readonly unknown[]): readonly string[] {
  const given = paths.filter((path) => path !== undefined);
  if (given.length === 0) throw new HttpProblem("MISSING_PARAM", "path or paths is required.");
  if (given.length <= maxPaths && given.every((path) => typeof path === "string" && path !== "")) return given.map(String);
  throw validationProblem({ paths: [`must be a list of at most ${maxPaths} paths`] });
}

function archiveName(name: string): string {
  return /\.(tar\.gz|tgz)$/.test(name) ? name : `${name}.tar.gz`;
}
