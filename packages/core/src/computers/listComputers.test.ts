import { setTimeout as wait } from "node:timers/promises";
import { createMiosaClient, isTimeoutError } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, rejection, startRawTransport } from "../../test/rawTransport.js";

/** Pages of two, one row for each id. */
async function startPages(ids: string[][], delayMs = 0, onAsk: (page: number) => void = () => undefined) {
  const total = ids.flat().length;
  const raw = await startRawTransport(async (request, response) => {
    const page = Number(new URL(request.url ?? "", "http://host").searchParams.get("page") ?? 1);
    onAsk(page);
    if (delayMs > 0) await wait(delayMs);
    const data = (ids[page - 1] ?? []).map((id) => ({ id, status: "running", template_type: "miosa-sandbox" }));
    answerJson(response, 200, { data, meta: { total, page, per_page: 2 } });
  });
  return { raw, miosa: createMiosaClient({ baseUrl: raw.server.url }), [Symbol.asyncDispose]: () => raw.server.close() };
}

test("a sandbox that moves on to the next page while the list is read is there once", async () => {
  await using it = await startPages([["a", "b"], ["b", "c"]]);
  expect((await it.miosa.sandboxes.list()).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  const each: string[] = [];
  for await (const { id } of it.miosa.computers.each()) each.push(id);
  expect(each).toEqual(["a", "b", "c"]);
});

test("one deadline covers all pages of a list", async () => {
  await using it = await startPages(Array.from({ length: 40 }, (_, page) => [`${page}a`, `${page}b`]), 60);
  const error = await rejection(it.miosa.sandboxes.list({}, { timeoutMs: 300 }));
  expect(isTimeoutError(error)).toBe(true);
  expect(error).toMatchObject({ message: "GET /computers did not finish within 300 ms." });
  expect(it.raw.server.requests.length).toBeLessThan(10);
});

test("a list that is aborted between its pages rejects with the caller's own reason", async () => {
  const controller = new AbortController();
  const reason = { mine: true };
  await using it = await startPages([["a", "b"], ["c", "d"], ["e", "f"]], 30, (page) => {
    if (page === 2) controller.abort(reason);
  });
  expect(await rejection(it.miosa.sandboxes.list({}, { signal: controller.signal }))).toBe(reason);
  expect(it.raw.server.requests).toHaveLength(2);
});

test("a filter that could match nothing by mistake is refused before any request", async () => {
  await using it = await startPages([[]]);
  const wrong: Record<string, never>[] = [JSON.parse('{"state":"runing"}'), JSON.parse('{"state":["running",1]}'), JSON.parse('{"externalUserId":5}')];
  for (const filter of wrong) expect(await rejection(it.miosa.sandboxes.list(filter))).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(it.raw.server.requests).toHaveLength(0);
  await it.miosa.sandboxes.list({ state: ["running", "unknown"], externalUserId: undefined });
});
