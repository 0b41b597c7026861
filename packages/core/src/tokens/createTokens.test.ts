import { createMiosaClient } from "@miosa/core";
import { expect, test } from "vitest";
import { rejection, startRawTransport } from "../../test/rawTransport.js";

test.each([0, 1.5, 86_401, Number.NaN])("a token for %s seconds is refused before any request", async (expiresInSec) => {
  await using raw = await startRawTransport((_, response) => void response.end());
  const { tokens } = createMiosaClient({ baseUrl: raw.server.url });
  expect(await rejection(tokens.mintScoped({ userId: "u", workspaceId: "w", expiresInSec }))).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(raw.server.requests).toHaveLength(0);
});
