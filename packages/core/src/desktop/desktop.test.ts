import { createMiosaClient, type Desktop } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, bodyOf, rejection, startRawTransport } from "../../test/rawTransport.js";

const base = "/computers/a/desktop";
const inputs: [string, (desktop: Desktop) => Promise<void>, string, unknown][] = [
  ["click", (desktop) => desktop.click("a", { x: 1, y: 2, button: "right" }), "click", { x: 1, y: 2, button: "right" }],
  ["a plain click", (desktop) => desktop.click("a", { x: 1, y: 2 }), "click", { x: 1, y: 2 }],
  ["doubleClick", (desktop) => desktop.doubleClick("a", { x: 1, y: 2 }), "double-click", { x: 1, y: 2 }],
  ["move", (desktop) => desktop.move("a", { x: 0, y: 0 }), "move", { x: 0, y: 0 }],
  ["drag", (desktop) => desktop.drag("a", { from: { x: 1, y: 2 }, to: { x: 3, y: 4 } }), "drag", { from_x: 1, from_y: 2, to_x: 3, to_y: 4 }],
  ["type", (desktop) => desktop.type("a", "hi", { delayMs: 5 }), "type", { text: "hi", delay: 5 }],
  ["key", (desktop) => desktop.key("a", "ctrl+c"), "key", { key: "ctrl+c" }],
  ["scroll", (desktop) => desktop.scroll("a", { direction: "down", at: { x: 1, y: 2 } }), "scroll", { x: 1, y: 2, direction: "down", clicks: 3, amount: 3 }],
  ["wait", (desktop) => desktop.wait("a", 1_500), "wait", { ms: 1500, seconds: 1.5 }],
  ["focusWindow", (desktop) => desktop.focusWindow("a", "w1"), "window/focus", { window_id: "w1" }],
  ["launch", (desktop) => desktop.launch("a", "firefox"), "launch", { app: "firefox", app_name: "firefox" }],
];

test.each(inputs)("%s sends what either reading of the API takes, once", async (_, act, route, body) => {
  const bodies: unknown[] = [];
  await using raw = await startRawTransport(async (request, response) => {
    bodies.push(JSON.parse((await bodyOf(request)).toString()));
    answerJson(response, 503, {}, { "retry-after": "0" });
  });
  const { desktop } = createMiosaClient({ baseUrl: raw.server.url });
  expect(await rejection(act(desktop))).toMatchObject({ status: 503, sandboxId: "a" });
  expect(raw.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`POST ${base}/${route}`]);
  expect(bodies).toEqual([body]);
});

test("screenshots are bytes, whole or of a region", async () => {
  await using raw = await startRawTransport((_, response) => void response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([0x89, 0x50])));
  const { desktop } = createMiosaClient({ baseUrl: raw.server.url });
  expect(Array.from(await desktop.screenshot("a"))).toEqual([0x89, 0x50]);
  expect(Array.from(await desktop.screenshot("a", { region: { x: 0, y: 0, width: 5, height: 5 } }))).toEqual([0x89, 0x50]);
  expect(raw.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${base}/screenshot`, `POST ${base}/screenshot/region`]);
});

test("windows and the cursor come out of every envelope", async () => {
  const wire = { id: 7, title: "T", x: 1, y: 2, width: 3, height: 4, focused: true };
  for (const body of [[wire], { data: [wire] }, { windows: [wire] }]) {
    await using raw = await startRawTransport((_, response) => answerJson(response, 200, body));
    const { desktop } = createMiosaClient({ baseUrl: raw.server.url });
    expect(await desktop.windows("a")).toMatchObject([{ id: "7", title: "T", width: 3, isFocused: true }]);
  }
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, { data: { x: 640, y: 480 } }));
  expect(await createMiosaClient({ baseUrl: raw.server.url }).desktop.cursor("a")).toEqual({ x: 640, y: 480 });
});

test("coordinates and names that no screen has are refused before any request", async () => {
  await using raw = await startRawTransport((_, response) => void response.end());
  const { desktop } = createMiosaClient({ baseUrl: raw.server.url });
  for (const call of [desktop.move("a", { x: -1, y: 0 }), desktop.move("a", { x: Number.NaN, y: 0 }), desktop.key("a", ""), desktop.wait("a", -1), desktop.launch("a", ""), desktop.focusWindow("a", ""), desktop.type("a", "x", { delayMs: Number.NaN })]) {
    expect(await rejection(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(raw.server.requests).toHaveLength(0);
});

test("an input that the computer says it did not do rejects with its reason", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, { success: false, error: "no display" }));
  expect(await rejection(createMiosaClient({ baseUrl: raw.server.url }).desktop.click("a", { x: 1, y: 1 }))).toMatchObject({
    name: "ApiError",
    code: "DESKTOP_FAILED",
    message: expect.stringContaining("no display"),
    sandboxId: "a",
  });
});
