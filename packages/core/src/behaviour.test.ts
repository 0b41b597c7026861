import { createLocalServer, type LocalServer } from "@miosa/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { behaviours } from "../test/behaviour.js";

let server: LocalServer;

beforeAll(async () => {
  server = await createLocalServer();
});

afterAll(() => server.close());

test.each(behaviours)("$name", async ({ run }) => {
  const webSocket: unknown = WebSocket;
  const world = { baseUrl: server.baseUrl, credential: { apiKey: server.apiKey }, webSocket: isWebSocket(webSocket) ? webSocket : undefined };
  await expect(run(world)).resolves.toBeUndefined();
}, 40_000);

function isWebSocket(value: unknown): value is typeof globalThis.WebSocket {
  return typeof value === "function";
}
