import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { startAttackedGateway, type AttackedGateway } from "../test/attackedGateway.js";
import { answering } from "../test/attacks/attack.js";
import { sendRaw } from "../test/sendRaw.js";
import type { GatewayOptions } from "./gatewayOptions.js";

async function start(options: Partial<GatewayOptions> = {}): Promise<AttackedGateway> {
  const attacked = await startAttackedGateway(options);
  onTestFinished(() => attacked.close());
  return attacked;
}

const stream = "/api/miosa/sandboxes/acme-1/readiness/stream";
const asAnn = { headers: { cookie: "session=ann" } };

async function openReadiness(attacked: AttackedGateway, init: RequestInit = {}): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await fetch(attacked.baseUrl + stream, { ...asAnn, ...init });
  expect(response.status).toBe(200);
  if (!response.body) throw new Error("The stream has no body.");
  return response.body.getReader();
}

function onlyStream({ upstream }: AttackedGateway): ServerResponse {
  const [only] = upstream.openStreams;
  if (!only || upstream.openStreams.size > 1) throw new Error(`${upstream.openStreams.size} streams are open upstream.`);
  return only;
}

async function closed(outgoing: ServerResponse): Promise<void> {
  await expect.poll(() => outgoing.closed).toBe(true);
}

test("a frame reaches the browser before the next one is written", async () => {
  const attacked = await start();
  const reader = await openReadiness(attacked);
  expect(new TextDecoder().decode((await reader.read()).value)).toContain("keepalive");
  for (const frame of ["event: a\ndata: 1\n\n", "event: b\ndata: 2\n\n"]) {
    attacked.upstream.emit(frame);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(frame);
  }
  await reader.cancel();
});

test("the browser leaving closes the upstream stream, garbage collected meanwhile", async () => {
  const attacked = await start();
  const controller = new AbortController();
  const reader = await openReadiness(attacked, { signal: controller.signal });
  await reader.read();
  const upstream = onlyStream(attacked);
  globalThis.gc?.();
  controller.abort();
  globalThis.gc?.();
  await closed(upstream);
  expect(attacked.upstream.openStreams.size).toBe(0);
});

test("on platforms without a signal, leaving the answer's body closes the upstream stream too", async () => {
  const attacked = await start();
  const response = await attacked.gateway(new Request(`http://gateway.example${stream}`, asAnn));
  const reader = response.body?.getReader();
  await reader?.read();
  const upstream = onlyStream(attacked);
  await reader?.cancel();
  await closed(upstream);
  expect(attacked.upstream.openStreams.size).toBe(0);
});

test("the browser leaving before the API has answered ends the upstream request", async () => {
  const attacked = await start();
  const arrived = new Promise<ServerResponse>((resolve) => {
    answering(/exec$/, (outgoing) => resolve(outgoing))(attacked.upstream);
  });
  const controller = new AbortController();
  const leaving = fetch(`${attacked.baseUrl}/api/miosa/computers/acme-1/exec`, {
    method: "POST",
    headers: { ...asAnn.headers, "content-type": "application/json" },
    body: '{"command":"sleep 100"}',
    signal: controller.signal,
  });
  const outgoing = await arrived;
  globalThis.gc?.();
  controller.abort();
  await expect(leaving).rejects.toThrow();
  await closed(outgoing);
});

test("a browser that stops reading slows the API down", async () => {
  const attacked = await start();
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  answering(/download$/, (outgoing) => {
    outgoing.writeHead(200, { "content-type": "application/octet-stream" });
    const push = (): void => {
      while (written < 256 * 2 ** 20) {
        written += chunk.length;
        if (!outgoing.write(chunk)) return void outgoing.once("drain", push);
      }
      outgoing.end();
    };
    push();
  })(attacked.upstream);
  const response = await fetch(`${attacked.baseUrl}/api/miosa/computers/acme-1/files/download?path=/big`, asAnn);
  const reader = response.body?.getReader();
  await reader?.read();
  let before = -1;
  // Buffers of four sockets fill up; after that nothing more is taken from the API.
  while (written !== before) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(written).toBeLessThan(64 * 2 ** 20);
  await reader?.cancel();
});

test("a stream that falls silent is closed on both sides", async () => {
  const attacked = await start({ limits: { streamIdleMs: 100 } });
  const reader = await openReadiness(attacked);
  await reader.read();
  const upstream = onlyStream(attacked);
  await expect(reader.read()).rejects.toThrow();
  await closed(upstream);
  expect(attacked.upstream.openStreams.size).toBe(0);
});

test("a stream ends when its session does", async () => {
  const attacked = await start({ authorize: () => ({ externalWorkspaceId: "acme", can: ["read"], expiresAtMs: Date.now() + 200 }) });
  const reader = await openReadiness(attacked);
  await reader.read();
  const upstream = onlyStream(attacked);
  await expect(reader.read()).rejects.toThrow();
  await closed(upstream);
  expect(attacked.upstream.openStreams.size).toBe(0);
});

test("a stream counts against its tenant's streams until it has ended", async () => {
  const attacked = await start({ limits: { concurrentStreams: 1 } });
  const reader = await openReadiness(attacked);
  await reader.read();
  const upstream = onlyStream(attacked);
  const second = await fetch(attacked.baseUrl + stream, asAnn);
  expect(second.status).toBe(429);
  expect(second.headers.get("retry-after")).toBe("1");
  await reader.cancel();
  await closed(upstream);
  await (await openReadiness(attacked)).cancel();
});

test("requests that were answered, refused or not found give their place back", async () => {
  const attacked = await start({ limits: { concurrentRequests: 1 } });
  for (const path of ["computers/acme-1", "computers/globex-1", "computers", "computers/acme-1?token=x", "computers/boom", "usage"]) {
    const response = await fetch(`${attacked.baseUrl}/api/miosa/${path}`, asAnn);
    await response.arrayBuffer();
    expect(response.status).not.toBe(429);
  }
  expect((await fetch(`${attacked.baseUrl}/api/miosa/computers/acme-1`, asAnn)).status).toBe(200);
});

test("a sandbox that was deleted through the gateway is looked up anew", async () => {
  const attacked = await start();
  const call = (method: string) => fetch(`${attacked.baseUrl}/api/miosa/computers/acme-1`, { method, ...asAnn });
  await call("GET");
  await call("DELETE");
  await call("GET");
  expect(attacked.upstream.seen.map(({ method }) => method)).toEqual(["GET", "GET", "DELETE", "GET", "GET"]);
});

test("an API that does not answer in time is a 502", async () => {
  const attacked = await start({ limits: { upstreamTimeoutMs: 100 } });
  answering(/start$/, () => {})(attacked.upstream);
  const response = await fetch(`${attacked.baseUrl}/api/miosa/computers/acme-1/start`, { method: "POST", ...asAnn });
  expect(response.status).toBe(502);
});

test("a session check that does not answer lets nobody in, and nobody wait", async () => {
  const attacked = await start({ authorize: () => new Promise(() => {}), limits: { authorizeTimeoutMs: 50 } });
  const response = await fetch(`${attacked.baseUrl}/api/miosa/computers`, asAnn);
  expect(response.status).toBe(500);
  expect(attacked.upstream.seen).toEqual([]);
});

test("a body that does not arrive is a 408, and its place is given back", async () => {
  const attacked = await start({ limits: { bodyTimeoutMs: 100, concurrentRequests: 1 } });
  const headers = [["cookie", "session=ann"], ["content-type", "application/json"], ["content-length", "100"]] as const;
  const answer = await sendRaw(attacked.baseUrl, { method: "POST", path: "/api/miosa/computers", headers, body: "{" });
  expect(answer.status).toBe(408);
  expect((await fetch(`${attacked.baseUrl}/api/miosa/computers`, asAnn)).status).toBe(200);
});

test("a large upload streams through and one that is too large is a 413", async () => {
  const attacked = await start({ limits: { uploadBytes: 300_000 } });
  const upload = (bytes: number) =>
    fetch(`${attacked.baseUrl}/api/miosa/computers/acme-1/files/upload`, {
      method: "POST",
      headers: { ...asAnn.headers, "content-type": "application/octet-stream" },
      body: new Uint8Array(bytes),
    });
  expect((await upload(200_000)).status).toBe(200);
  expect(attacked.upstream.seen.at(-1)?.body.length).toBe(200_000);
  expect((await upload(400_000)).status).toBe(413);
});
