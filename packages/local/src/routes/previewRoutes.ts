import { randomUUID } from "node:crypto";
import { sandboxRoutes as routes } from "@miosa/protocol";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { startPreview } from "../sandboxes/previewServer.js";
import type { PreviewRecord, SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";

/** Ports under an address. Here every preview is a loopback port, which nobody but this machine reaches. Contract 4.12. */
export function previewRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.createPreview,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { port, visibility = "public" } = jsonObject(context);
        if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) {
          throw validationProblem({ port: ["must be a whole number from 1 to 65535"] });
        }
        if (visibility !== "public") throw validationProblem({ visibility: ["can only be public here: a preview is a bare loopback port"] });
        const server = await startPreview(parts.store, record, port);
        const preview: PreviewRecord = { id: `pv_${randomUUID()}`, port, server };
        record.native.previews.set(preview.id, preview);
        closeWithSandbox(record, preview, parts);
        return context.json({ data: toWire(preview) }, 201);
      },
    },
    {
      route: routes.listPreviews,
      answer: (context) => context.json({ data: [...namedRecord(context, parts).native.previews.values()].map(toWire) }),
    },
    {
      route: routes.deletePreview,
      answer(context) {
        const record = namedRecord(context, parts);
        const preview = previewOf(record, context);
        preview.server.close();
        record.native.previews.delete(preview.id);
        return context.json({ ok: true });
      },
    },
    {
      route: routes.sharePreview,
      answer(context) {
        const preview = previewOf(namedRecord(context, parts), context);
        return context.json({ data: { id: preview.id }, preview_token: null, share_url: preview.server.url });
      },
    },
    {
      route: routes.unsharePreview,
      answer(context) {
        previewOf(namedRecord(context, parts), context);
        return context.json({ ok: true });
      },
    },
  ];
}

function closeWithSandbox(record: SandboxRecord, preview: PreviewRecord, parts: RouteParts): void {
  const callOff = parts.store.onStatus(record, () => {
    if (record.status !== "destroying" && record.status !== "destroyed") return;
    callOff();
    preview.server.close();
  });
}

function previewOf(record: SandboxRecord, context: LocalContext): PreviewRecord {
  const preview = record.native.previews.get(context.req.param("preview") ?? "");
  if (!preview) throw new HttpProblem("NOT_FOUND", "There is no such preview.");
  return preview;
}

function toWire({ id, port, server }: PreviewRecord): Record<string, unknown> {
  return { id, port, url: server.url, visibility: "public", url_class: "temporary_preview" };
}
