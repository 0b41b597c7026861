import { computerFromReply } from "../computers/computerCalls.js";
import { invalidArgument } from "../errors.js";
import { asNumber, asString, isList, isRecord } from "../guards.js";
import { idempotencyKeyOf } from "../http/idempotencyKey.js";
import type { Transport } from "../http/transport.js";
import type { MutationOptions } from "../options.js";
import { requireNumber, requireObject, requireString } from "../requireArguments.js";
import { camelize, unwrapMany, unwrapOne } from "../wire.js";
import { requireTags } from "./nativeBody.js";
import type { SandboxActions, SandboxPreview, SandboxSnapshot } from "./types.js";

/** What the native resource offers beside create, list, get and delete. Contract 4. */
export function createSandboxActions(transport: Transport): SandboxActions {
  /** The answer may be partial: what it says is laid over what is known. */
  const act =
    (action: "stop" | "pause" | "resume" | "extend" | "fork") =>
    async (id: string, body: Record<string, unknown>, options: MutationOptions = {}) => {
      const idempotencyKey = idempotencyKeyOf(options);
      const reply = await transport.call(`POST /sandboxes/:id/${action}`, { params: { id }, body, idempotencyKey, options });
      if (action === "fork") return computerFromReply(reply);
      return computerFromReply({ id, ...(isRecord(reply) && unwrapOne(reply, "sandbox")) });
    };
  const [stop, pause, resume, extend, fork] = [act("stop"), act("pause"), act("resume"), act("extend"), act("fork")];
  return {
    async getByName(name, options) {
      requireString("name", name);
      return computerFromReply(await transport.call("GET /sandboxes/by-name/:name", { params: { name }, options }));
    },
    async update(id, changes, options) {
      requireObject("changes", changes);
      const { timeoutSec, idleTimeoutSec } = changes;
      for (const [name, value] of Object.entries({ timeoutSec, idleTimeoutSec })) if (value !== undefined) requireNumber(name, value, 1);
      requireTags(changes.tags);
      const body = {
        name: changes.name,
        tags: changes.tags,
        metadata: changes.metadata,
        always_on: changes.alwaysOn,
        timeout_sec: timeoutSec,
        idle_timeout_sec: idleTimeoutSec,
      };
      return computerFromReply(await transport.call("PATCH /sandboxes/:id", { params: { id }, body, options }));
    },
    async extend(id, input = {}, options) {
      requireObject("input", input);
      const { timeoutSec } = input;
      if (timeoutSec !== undefined) requireNumber("timeoutSec", timeoutSec, 1);
      return extend(id, { timeout_sec: timeoutSec }, options);
    },
    stop: async (id, options) => stop(id, {}, options),
    pause: async (id, options) => pause(id, {}, options),
    resume: async (id, options) => resume(id, {}, options),
    async fork(id, input = {}, options) {
      requireObject("input", input);
      const { snapshotId, timeoutSec, templateId } = input;
      if (timeoutSec !== undefined) requireNumber("timeoutSec", timeoutSec, 1);
      return fork(id, { snapshot_id: snapshotId, timeout_sec: timeoutSec, template_id: templateId }, options);
    },
    async usage(id, options) {
      const wire = unwrapOne(await transport.call("GET /sandboxes/:id/usage", { params: { id }, options }));
      return {
        ...camelize(wire),
        sandboxId: asString(wire["sandbox_id"]) ?? id,
        state: asString(wire["state"]) ?? null,
        runtimeSec: asNumber(wire["runtime_sec"]) ?? null,
        provisionedVcpuMs: asNumber(wire["provisioned_vcpu_ms"]) ?? null,
        provisionedMemoryMbMs: asNumber(wire["provisioned_memory_mb_ms"]) ?? null,
        estimatedCostCents: asNumber(wire["estimated_cost_cents"]) ?? null,
      };
    },
    async setTags(id, tags, options) {
      requireTags(tags ?? null);
      await transport.call("PATCH /sandboxes/:id/tags", { params: { id }, body: { tags }, options });
    },
    async listEnv(id, options) {
      const reply = await transport.call("GET /sandboxes/:id/env", { params: { id }, options });
      return unwrapMany(reply, "vars", "env", "items").items.map((wire) => {
        const value = asString(wire["value"]);
        return { key: asString(wire["key"]) ?? "", encrypted: wire["encrypted"] === true, ...(value !== undefined && { value }) };
      });
    },
    async setEnv(id, variables, options) {
      if (!isList(variables)) throw invalidArgument("variables must be a list of { key, value }.");
      for (const variable of variables) {
        requireObject("variable", variable);
        const { key, value } = variable;
        requireString("key", key);
        if (typeof value !== "string") throw invalidArgument(`The value of ${key} must be a string.`);
      }
      await transport.call("PUT /sandboxes/:id/env", { params: { id }, body: { vars: variables }, options });
    },
    async deleteEnv(id, key, options) {
      requireString("key", key);
      await transport.call("DELETE /sandboxes/:id/env/:key", { params: { id, key }, options });
    },
    async createSnapshot(id, input = {}, options = {}) {
      const idempotencyKey = idempotencyKeyOf(options);
      const reply = await transport.call("POST /sandboxes/:id/snapshots", { params: { id }, body: input, idempotencyKey, options });
      return snapshotFromWire(unwrapOne(reply, "snapshot"));
    },
    async listSnapshots(id, options) {
      const reply = await transport.call("GET /sandboxes/:id/snapshots", { params: { id }, options });
      return unwrapMany(reply, "snapshots", "items").items.map(snapshotFromWire);
    },
    async restoreSnapshot(id, snapshotId, options = {}) {
      const idempotencyKey = idempotencyKeyOf(options);
      const params = { id, snapshot: snapshotId };
      return computerFromReply(await transport.call("POST /sandboxes/:id/restore/:snapshot", { params, body: {}, idempotencyKey, options }));
    },
    async deleteSnapshot(id, snapshotId, options) {
      await transport.call("DELETE /sandboxes/:id/snapshots/:snapshot", { params: { id, snapshot: snapshotId }, options });
    },
    async createPreview(id, input, options = {}) {
      requireObject("input", input);
      requireNumber("port", input.port, 1, 65_535);
      const idempotencyKey = idempotencyKeyOf(options);
      const reply = await transport.call("POST /sandboxes/:id/previews", { params: { id }, body: input, idempotencyKey, options });
      return previewFromWire(unwrapOne(reply, "preview"));
    },
    async listPreviews(id, options) {
      const reply = await transport.call("GET /sandboxes/:id/previews", { params: { id }, options });
      return unwrapMany(reply, "previews", "items").items.map(previewFromWire);
    },
    async deletePreview(id, previewId, options) {
      await transport.call("DELETE /sandboxes/:id/previews/:preview", { params: { id, preview: previewId }, options });
    },
    async sharePreview(id, previewId, input = {}, options) {
      requireObject("input", input);
      const { expiresInSec } = input;
      if (expiresInSec !== undefined) requireNumber("expiresInSec", expiresInSec, 1);
      // Servers read one name or the other.
      const body = { expires_in_sec: expiresInSec, ttl_seconds: expiresInSec };
      const params = { id, preview: previewId };
      // What counts stands beside `data` here, and unwrapping keeps it.
      const wire = unwrapOne(await transport.call("POST /sandboxes/:id/previews/:preview/share", { params, body, options }));
      return { ...camelize(wire), shareUrl: asString(wire["share_url"]) ?? null, previewToken: asString(wire["preview_token"]) ?? null };
    },
    async unsharePreview(id, previewId, options) {
      await transport.call("DELETE /sandboxes/:id/previews/:preview/share", { params: { id, preview: previewId }, options });
    },
  };
}

function snapshotFromWire(wire: Record<string, unknown>): SandboxSnapshot {
  return {
    ...camelize(wire),
    id: asString(wire["id"]) ?? "",
    status: asString(wire["status"]) ?? "unknown",
    comment: asString(wire["comment"]) ?? null,
    expiresAt: asString(wire["expires_at"]) ?? null,
    createdAt: asString(wire["created_at"]) ?? null,
  };
}

function previewFromWire(wire: Record<string, unknown>): SandboxPreview {
  return {
    ...camelize(wire),
    id: asString(wire["id"]) ?? "",
    port: asNumber(wire["port"]) ?? null,
    url: asString(wire["url"]) ?? asString(wire["preview_url"]) ?? null,
  };
}
