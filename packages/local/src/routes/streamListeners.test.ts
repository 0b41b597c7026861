import { sandboxTemplate } from "@miosa/protocol";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { createProcessDriver } from "../drivers/createProcessDriver.js";
import { createAccess } from "../access/access.js";
import { createScopedKeys } from "../access/scopedKeys.js";
import { readApiKeys } from "../apiKeys.js";
import { createQuotas } from "../access/quotas.js";
import { createEventLog } from "../events/eventLog.js";
import { createTerminals } from "../exec/terminals.js";
import { createUsageMeter } from "../usage/usageMeter.js";
import { createFaults } from "../faults.js";
import { createOpenStreams } from "../http/eventStream.js";
import type { LocalEnv } from "../http/localEnv.js";
import { createSandboxStore } from "../sandboxes/sandboxStore.js";
import { eventRoutes } from "./eventRoutes.js";
import { readinessRoutes } from "./readinessRoutes.js";

/** A function that takes listeners, and how many of them it holds. */
function counted<Args extends unknown[]>(listen: (...args: Args) => () => void): { listen: (...args: Args) => () => void; held: () => number } {
  let held = 0;
  return {
    listen: (...args) => {
      const leave = listen(...args);
      held += 1;
      return () => {
        held -= 1;
        leave();
      };
    },
    held: () => held,
  };
}

test("a stream that its client leaves lets go of the events and of the sandbox it listened to", async () => {
  const [driver, faults, log] = [createProcessDriver(), createFaults({ neverReady: true }), createEventLog(Date.now)];
  const subscriptions = counted(log.subscribe);
  const events = { ...log, subscribe: subscriptions.listen };
  const sandboxEvents = createEventLog(Date.now);
  const meter = createUsageMeter(Date.now);
  const store = createSandboxStore({ driver, events, sandboxEvents, meter, faults, now: Date.now, autoStart: true, scratch: async () => "", closing: new AbortController().signal, onError: () => {} });
  const scopedKeys = createScopedKeys(Date.now);
  const statuses = counted(store.onStatus);
  const parts = {
    store: { ...store, onStatus: statuses.listen },
    events,
    sandboxEvents,
    meter,
    access: createAccess(readApiKeys(), { scopedKeys, secret: Buffer.alloc(32), now: Date.now }),
    scopedKeys,
    terminals: createTerminals(Date.now),
    quotas: createQuotas(),
    onError: () => {},
    now: Date.now,
    uploadLimitBytes: 1,
    faults,
    driver,
    streams: createOpenStreams(),
    readinessStreamTimeoutMs: 60_000,
    keepaliveMs: 60_000,
    heartbeatMs: 60_000,
    outputLimitBytes: 1,
  };
  const app = new Hono<LocalEnv>();
  app.use(async (context, next) => {
    context.set("tenantId", "t");
    context.set("caller", { tenantId: "t" });
    await next();
  });
  for (const { route, answer } of [...eventRoutes(parts), ...readinessRoutes(parts)]) app.get(route.path, answer);
  const attribution = { external_workspace_id: null, external_user_id: null, external_project_id: null };
  const { id } = store.create("t", { templateType: sandboxTemplate, size: "small", visibility: "public", metadata: {}, attribution });

  for (const [path, held] of [["/events/stream", subscriptions.held], [`/sandboxes/${id}/readiness/stream`, statuses.held]] as const) {
    const response = await app.request(path, {}, {});
    const reader = response.body?.getReader();
    await reader?.read();
    expect([path, held()]).toEqual([path, 1]);
    await reader?.cancel();
    expect([path, held()]).toEqual([path, 0]);
  }
  await store.close();
  await driver.close();
});
