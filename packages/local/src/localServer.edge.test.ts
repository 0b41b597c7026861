import { expect, inject, test } from "vitest";
import { isObject } from "./isObject.js";

test("code in workerd reads the readiness stream of a local server to its ready frame", async () => {
  const headers = { authorization: `Bearer ${inject("apiKey")}`, "content-type": "application/json" };
  const created = await fetch(`${inject("baseUrl")}/computers`, { method: "POST", headers, body: "{}" });
  const computer: unknown = await created.json();
  const id = isObject(computer) ? String(computer["id"]) : "";
  const stream = await fetch(`${inject("baseUrl")}/sandboxes/${id}/readiness/stream`, { headers });
  expect(await stream.text()).toMatch(/^: keepalive\n\nevent: ready\ndata: \{"ready_at":".+"\}\n\n$/);
});
