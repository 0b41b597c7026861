import { createMiosaClient, isApiError, isMiosaError } from "@miosa/core";
import { describe, expect, test } from "vitest";
import { everyCall, testedElsewhere } from "../test/everyCall.js";
import { answerJson, forceGarbageCollection, rejection, startRawTransport } from "../test/rawTransport.js";

test("the list names every function of the client", () => {
  const { identity: _, ...namespaces } = createMiosaClient({ baseUrl: "http://127.0.0.1" });
  const names = Object.entries(namespaces).flatMap(([namespace, functions]) => Object.keys(functions).map((name) => `${namespace}.${name}`));
  expect([...everyCall.map(({ name }) => name), ...testedElsewhere].toSorted()).toEqual(names.toSorted());
});

describe.each(everyCall)("$name", ({ run, withoutId }) => {
  test("rejects with the caller's own reason on abort and closes its connection, under garbage collection", async () => {
    using _ = forceGarbageCollection();
    const reason = { left: true };
    const abort = new AbortController();
    await using raw = await startRawTransport(() => void setTimeout(() => abort.abort(reason), 20));
    const miosa = createMiosaClient({ baseUrl: raw.server.url });
    expect(await rejection(run(miosa, "box-1", { signal: abort.signal }))).toBe(reason);
    await expect.poll(() => raw.openRequests()).toBe(0);
  });

  test("sends nothing when it is aborted already", async () => {
    await using raw = await startRawTransport((_, response) => void response.end());
    const miosa = createMiosaClient({ baseUrl: raw.server.url });
    expect(await rejection(run(miosa, "box-1", { signal: AbortSignal.abort("no") }))).toBe("no");
    expect(raw.server.requests).toHaveLength(0);
  });

  test("reports the server's refusal, with the sandbox's id", async () => {
    await using raw = await startRawTransport((_, response) => answerJson(response, 403, { error: { code: "FORBIDDEN", message: "not yours" } }));
    const error = await rejection(run(createMiosaClient({ baseUrl: raw.server.url }), "box-1", {}));
    expect(isApiError(error)).toBe(true);
    expect(error).toMatchObject({ code: "FORBIDDEN", status: 403 });
    expect(isMiosaError(error) && error.sandboxId).toBe(withoutId || raw.server.requests[0]?.url?.includes("by-name") ? undefined : "box-1");
  });

  test("takes no page, list, number or nothing for an answer without a typed error or a value", async () => {
    for (const body of ["<!doctype html>", "[1, null]", "7", "null", '{"data": 3}', '{"dat']) {
      await using raw = await startRawTransport((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end(body));
      const outcome = await run(createMiosaClient({ baseUrl: raw.server.url, retries: 0 }), "box-1", { timeoutMs: 500 }).then(
        () => "resolved",
        (error: unknown) => (isMiosaError(error) ? "typed" : error),
      );
      expect(["resolved", "typed"]).toContain(outcome);
    }
  });
});

test.each(everyCall.filter(({ withoutId }) => !withoutId))("$name refuses an empty id and one that no path can carry, before any request", async ({ run }) => {
  await using raw = await startRawTransport((_, response) => void response.end());
  const miosa = createMiosaClient({ baseUrl: raw.server.url });
  for (const id of ["", ".."]) {
    const error = await rejection((async () => run(miosa, id, {}))());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", kind: "argument" });
  }
  expect(raw.server.requests).toHaveLength(0);
});
