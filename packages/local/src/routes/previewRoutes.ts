import { randomUUID } from "node:crypto";
import { sandboxRoutes as routes } from "@miosa/protocol";
import { createVisitorTokens, type VisitorScope, type VisitorToken, type VisitorTokens } from "../access/visitorTokens.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { startPreview } from "../sandboxes/previewServer.js";
import { type PreviewRecord, type SandboxRecord, toTime } from "../sandboxes/sandboxRecord.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";
import { mayWake } from "./quotaRoutes.js";

type Body = Readonly<Record<string, unknown>>;

/** The port that a sandbox is shown at unless somebody says otherwise. */
const usualPort = 3_000;
const daySec = 86_400;
const usualLifeSec = 3_600;

/** Tokens have a scope of their own beside those that let a caller run commands. Contract 1.2. */
const scopes = ["previews:write", "sandboxes:exec", "sandboxes:write"];

/**
 * Ports under an address, which here is a loopback port that nobody but this machine reaches, and the tokens that open private ones.
 * Contract 4.10 to 4.13 and 6.3.
 */
export function previewRoutes(parts: RouteParts): LocalRoute[] {
  const { now } = parts;
  /** Tokens that open every preview of a sandbox. */
  const shared = new WeakMap<SandboxRecord, { readonly tokens: VisitorTokens; readonly shares: VisitorTokens }>();

  function sharedOf(record: SandboxRecord): { readonly tokens: VisitorTokens; readonly shares: VisitorTokens } {
    const found = shared.get(record) ?? { tokens: createVisitorTokens(now), shares: createVisitorTokens(now) };
    shared.set(record, found);
    return found;
  }

  async function create(record: SandboxRecord, port: number, visibility: PreviewRecord["visibility"]): Promise<PreviewRecord> {
    const id = `pv_${randomUUID()}`;
    const tokens = createVisitorTokens(now);
    const { tokens: ofSandbox, shares } = sharedOf(record);
    const scopeOf = (text: string): VisitorScope | undefined => tokens.scopeOf(text) ?? ofSandbox.scopeOf(text) ?? shares.scopeOf(text);
    const isPrivate = (): boolean => record.native.previews.get(id)?.visibility !== "public";
    const server = await startPreview(parts.store, { id, record, port, isPrivate, scopeOf, mayWake: () => mayWake(record, parts) });
    const preview: PreviewRecord = { id, port, visibility, server, tokens };
    record.native.previews.set(id, preview);
    closeWithSandbox(record, preview, parts);
    const event = { type: "sandbox.preview.ready", id: record.id, sandbox_id: record.id, ts: toTime(now()) };
    parts.sandboxEvents.publish(record.id, { ...event, preview_id: id, url: server.url, port });
    return preview;
  }

  /** The preview of a port, which is made when there is none. */
  async function previewAt(record: SandboxRecord, given: unknown, visibility: PreviewRecord["visibility"]): Promise<PreviewRecord> {
    const all = [...record.native.previews.values()];
    const port = given === undefined || given === null ? (all[0]?.port ?? usualPort) : readPort(given);
    return all.find((each) => each.port === port) ?? create(record, port, visibility);
  }

  function remove(record: SandboxRecord, preview: PreviewRecord): void {
    preview.server.close();
    record.native.previews.delete(preview.id);
  }

  function tellShare(record: SandboxRecord, type: string, shareId: string): void {
    parts.events.publish(record.tenantId, { type, id: record.id, tenant_id: record.tenantId, ts: toTime(now()), share_id: shareId, ...record.attribution });
  }

  const previews: LocalRoute[] = [
    {
      route: routes.createPreview,
      scopes,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { port, visibility = "public" } = jsonObject(context);
        const preview = await create(record, readPort(port), readVisibility(visibility));
        return context.json({ data: toWire(preview) }, 201);
      },
    },
    {
      route: routes.listPreviews,
      scopes,
      answer: (context) => context.json({ data: [...namedRecord(context, parts).native.previews.values()].map(toWire) }),
    },
    {
      route: { ...routes.deletePreview, method: "GET" },
      scopes,
      answer(context) {
        const wire = toWire(previewOf(namedRecord(context, parts), context));
        return context.json({ ...wire, data: wire });
      },
    },
    {
      route: routes.deletePreview,
      scopes,
      answer(context) {
        const record = namedRecord(context, parts);
        remove(record, previewOf(record, context));
        return context.json({ ok: true });
      },
    },
    {
      route: routes.sharePreview,
      scopes,
      answer(context) {
        const body = jsonObject(context);
        const preview = previewOf(namedRecord(context, parts), context);
        const lifeSec = readLife(body["expires_in_sec"] ?? body["ttl_seconds"] ?? undefined, "expires_in_sec") ?? usualLifeSec;
        const { text, token } = preview.tokens.mint("miosa_pv_", "interact", lifeSec);
        const data = { id: preview.id, share_token_prefix: text.slice(0, 13), share_token_expires_at: expiryOf(token) };
        return context.json({ data, preview_token: text, share_url: withToken(preview.server.url, "preview_token", text) });
      },
    },
    {
      route: routes.unsharePreview,
      scopes,
      answer(context) {
        previewOf(namedRecord(context, parts), context).tokens.revoke();
        return context.json({ ok: true });
      },
    },
    {
      route: { ...routes.createPreview, path: "/sandboxes/:id/expose" },
      scopes,
      async answer(context) {
        const preview = await previewAt(namedRecord(context, parts), jsonObject(context)["port"], "public");
        const data = { ...toWire(preview), stable_for_embedding: false, recommended_next_action: "create_alias_or_publish", alias_slug: null };
        return context.json({ data }, 201);
      },
    },
  ];

  const tokens: LocalRoute[] = [
    {
      route: { ...routes.createPreview, path: "/sandboxes/:id/preview-token" },
      scopes,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { expires_in: expiresIn, scope = "read", port } = jsonObject(context);
        const lifeSec = readLife(expiresIn ?? undefined, "expires_in", daySec) ?? usualLifeSec;
        const wanted = readScope(scope);
        const preview = await previewAt(record, port, "private");
        const { text, token } = sharedOf(record).tokens.mint("mp_", wanted, lifeSec);
        return context.json({ token: text, url: withToken(preview.server.url, "mt", text), expires_at: expiryOf(token), scope: wanted }, 201);
      },
    },
    {
      route: { ...routes.createPreview, path: "/sandboxes/:id/shares" },
      scopes,
      async answer(context) {
        const record = namedRecord(context, parts);
        const { expires_in: expiresIn, scope = "read", port } = jsonObject(context);
        const lifeSec = readLife(expiresIn ?? undefined, "expires_in");
        const wanted = readScope(scope);
        const preview = await previewAt(record, port, "private");
        const { text, token } = sharedOf(record).shares.mint("ms_", wanted, lifeSec);
        tellShare(record, "sandbox.share.created", token.id);
        return context.json({ ...toWireShare(token), share_url: withToken(preview.server.url, "ms", text) }, 201);
      },
    },
    {
      route: { ...routes.listPreviews, path: "/sandboxes/:id/shares" },
      scopes,
      answer: (context) => context.json({ data: sharedOf(namedRecord(context, parts)).shares.list().map(toWireShare) }),
    },
    {
      route: { ...routes.deletePreview, path: "/sandboxes/:id/shares/:share" },
      scopes,
      answer(context) {
        const record = namedRecord(context, parts);
        const id = context.req.param("share") ?? "";
        if (!sharedOf(record).shares.revoke(id)) throw new HttpProblem("NOT_FOUND", "There is no such share.");
        tellShare(record, "sandbox.share.revoked", id);
        return context.body(null, 204);
      },
    },
  ];

  /** The same as a computer has it: by their ports. */
  function portOf(context: LocalContext): { record: SandboxRecord; preview: PreviewRecord } {
    const record = namedRecord(context, parts);
    const preview = [...record.native.previews.values()].find(({ port }) => String(port) === context.req.param("port"));
    if (!preview) throw new HttpProblem("NOT_FOUND", "There is no such port.");
    return { record, preview };
  }
  const path = "/computers/:id/ports";
  const list = (context: LocalContext): Response => context.json({ data: [...namedRecord(context, parts).native.previews.values()].map(toWire) });
  const ports: LocalRoute[] = [
    { route: { ...routes.listPreviews, path }, scopes, answer: list },
    { route: { ...routes.listPreviews, path: "/computers/:id/urls" }, scopes, answer: list },
    {
      route: { ...routes.createPreview, path },
      scopes,
      async answer(context) {
        const { port, visibility = "public" } = jsonObject(context);
        const preview = await previewAt(namedRecord(context, parts), readPort(port), readVisibility(visibility));
        return context.json(toWire(preview), 201);
      },
    },
    {
      route: { ...routes.createPreview, method: "PATCH", path: `${path}/:port` },
      scopes,
      answer(context) {
        const { preview } = portOf(context);
        const { visibility = preview.visibility } = jsonObject(context);
        preview.visibility = readVisibility(visibility);
        preview.server.cutConnections(); // so that nobody goes on who would not be let in now
        return context.json(toWire(preview));
      },
    },
    {
      route: { ...routes.deletePreview, path: `${path}/:port` },
      scopes,
      answer(context) {
        const { record, preview } = portOf(context);
        remove(record, preview);
        return context.json({ ok: true });
      },
    },
  ];

  return [...previews, ...tokens, ...ports];
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

function readPort(port: unknown): number {
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw validationProblem({ port: ["must be a whole number from 1 to 65535"] });
}

function readVisibility(visibility: unknown): PreviewRecord["visibility"] {
  if (visibility === "public" || visibility === "private") return visibility;
  throw validationProblem({ visibility: ["must be public or private"] });
}

function readScope(scope: unknown): VisitorScope {
  if (scope === "read" || scope === "interact") return scope;
  throw new HttpProblem("invalid_scope", "scope must be read or interact.");
}

function readLife(seconds: Body[string], name: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (seconds === undefined || (typeof seconds === "number" && seconds > 0 && seconds <= most)) return seconds;
  throw validationProblem({ [name]: [`must be a number of seconds above 0${most === daySec ? `, at most ${daySec}` : ""}`] });
}

function withToken(url: string, name: string, token: string): string {
  return `${url}/?${new URLSearchParams({ [name]: token }).toString()}`;
}

function expiryOf({ expiresAt }: VisitorToken): string | null {
  return expiresAt === undefined ? null : toTime(expiresAt);
}

function toWireShare(token: VisitorToken): Record<string, unknown> {
  return { share_id: token.id, scope: token.scope, expires_at: expiryOf(token), created_at: toTime(token.createdAt) };
}

function toWire({ id, port, server, visibility }: PreviewRecord): Record<string, unknown> {
  return { id, port, url: server.url, visibility, url_class: "temporary_preview" };
}
