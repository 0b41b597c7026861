// A gateway in a process of its own. Says its port over IPC, and its memory when asked.
import { createServer } from "node:http";
import { createGateway } from "@miosa/gateway";
import { toNodeListener } from "@miosa/gateway/node";

const [upstream = "", ownershipTtlMs = "30000"] = process.argv.slice(2);

const gateway = createGateway({
  apiKey: "msk_bench_0000000000000000",
  upstream,
  authorize: (request) => ({ externalWorkspaceId: request.headers.get("cookie") ?? "acme", can: ["read"] }),
  limits: { requestsPerMinute: 1e9, concurrentStreams: 1e5, ownershipTtlMs: Number(ownershipTtlMs) },
});
const server = createServer(toNodeListener(gateway));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ rssBytes: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit(0));
