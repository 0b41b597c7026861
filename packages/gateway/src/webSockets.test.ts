import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startAttackedGateway } from "../test/attackedGateway.js";
import type { GatewayOptions } from "./gatewayOptions.js";

/** A gateway whose API really speaks WebSocket on the shell's route. */
async function start(options: Partial<GatewayOptions> = {}) {
  const attacked = await startAttackedGateway({ limits: { concurrentStreams: 1 }, ...options });
  onTestFinished(() => attacked.close());
  return attacked;
}

function open(baseUrl: string, headers: Record<string, string> = { cookie: "session=ann" }): WebSocket {
  const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/api/miosa/computers/acme-1/exec/stream?command=cat`, ["miosa-exec-v1"], { headers });
  onTestFinished(() => socket.terminate());
  return socket;
}

test("bytes flow both ways, as they are", async () => {
  const attacked = await start();
  const socket = open(attacked.baseUrl);
  await once(socket, "open");
  expect(socket.protocol).toBe("miosa-exec-v1");
  // The attacked API echoes raw bytes, so a client's masked frame comes back as a server's: an error, but of the right bytes.
  const failed = once(socket, "error");
  socket.send("hello");
  expect(String(await failed)).toContain("MASK must be clear");
});

test("the browser leaving closes the API's side and gives the tenant's place back", async () => {
  const attacked = await start();
  const socket = open(attacked.baseUrl);
  await once(socket, "open");
  const [far] = attacked.upstream.sockets;
  if (!far) throw new Error("No socket was opened upstream.");
  const second = open(attacked.baseUrl);
  expect(String(await once(second, "error"))).toContain("429");
  socket.terminate();
  await expect.poll(() => far.closed).toBe(true);
  await once(open(attacked.baseUrl), "open");
});

test("the API leaving closes the browser's side", async () => {
  const attacked = await start();
  const socket = open(attacked.baseUrl);
  await once(socket, "open");
  for (const far of attacked.upstream.sockets) far.destroy();
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);
  expect(attacked.upstream.sockets.size).toBe(0);
});

test("a WebSocket ends when its session does", async () => {
  const attacked = await start({ authorize: () => ({ externalWorkspaceId: "acme", can: ["exec"], expiresAtMs: Date.now() + 200 }) });
  const socket = open(attacked.baseUrl);
  await once(socket, "open");
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);
  await expect.poll(() => attacked.upstream.sockets.size).toBe(0);
});

test("an API that refuses the upgrade is a 502 without its words", async () => {
  const upstream = new WebSocketServer({ port: 0, host: "127.0.0.1", verifyClient: (_info, answer) => answer(false, 403, "SECRET words") });
  onTestFinished(() => upstream.close());
  await once(upstream, "listening");
  const address = upstream.address();
  const { port }: Pick<AddressInfo, "port"> = typeof address === "string" || address === null ? { port: 0 } : address;
  const attacked = await start({ upstream: `http://127.0.0.1:${port}/api/v1`, authorize: () => ({ operator: true, can: ["exec"] }) });
  const message = String(await once(open(attacked.baseUrl), "error"));
  expect(message).toContain("502");
  await once(open(attacked.baseUrl), "error");
});
