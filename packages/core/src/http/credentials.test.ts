import { inspect } from "node:util";
import { createTransport } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, rejection, startRawTransport } from "../../test/rawTransport.js";

test("a token function that threw at once is asked again by the next call", async () => {
  let asked = 0;
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, {}), {
    token: () => {
      asked += 1;
      if (asked === 1) throw new Error("signed out");
      return "fresh";
    },
  });
  expect(await rejection(raw.get())).toMatchObject({ code: "TOKEN_FAILED" });
  await raw.get();
  expect(raw.server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer fresh"]);
});

test("a credential that no header can carry is refused without being told", async () => {
  for (const apiKey of ["msk_u_secret\nx", "msk_u_secret\u2019", " "]) {
    const error = await rejection((async () => createTransport({ apiKey }))());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(inspect(error, { showHidden: true })).not.toContain("msk_u_secret");
  }
  await using raw = await startRawTransport(() => undefined, { token: () => "secret\r\nhost: evil" });
  expect(inspect(await rejection(raw.get()), { showHidden: true })).not.toContain("evil");
  expect(raw.server.requests).toHaveLength(0);
});

test("a credential read from a file may end with a line break", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, {}), { apiKey: "msk_u_1\n" });
  await raw.get();
  expect(raw.server.requests[0]?.headers.authorization).toBe("Bearer msk_u_1");
});

test("a server that repeats the credential does not get it into the error", async () => {
  await using raw = await startRawTransport(
    (request, response) => answerJson(response, 401, { error: { code: "invalid_token", message: `unknown: ${request.headers.authorization}`, details: { key: "msk_u_secret" } } }),
    { apiKey: "msk_u_secret" },
  );
  const error = await rejection(raw.get());
  expect(error).toMatchObject({ code: "invalid_token", message: "GET /computers/:id failed with 401: unknown: Bearer ***" });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("msk_u_secret");
});
