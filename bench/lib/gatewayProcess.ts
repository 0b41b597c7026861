// A gateway, or a bare proxy in its place, in a process of its own. Says its port over IPC, and its memory when asked.
import { createServer } from "node:http";
import { createGateway } from "@miosa/gateway";
import { toNodeListener } from "@miosa/gateway/node";

const [upstream = "", ownershipTtlMs = "30000", kind = "gateway"] = process.argv.slice(2);

const gateway = createGateway({
  apiKey: "msk_bench_0000000000000000",
  upstream,
  authorize: (request) => ({ externalWorkspaceId: request.headers.get("cookie") ?? "acme", can: ["read"] }),
  limits: { requestsPerMinute: 1e9, concurrentStreams: 1e5, ownershipTtlMs: Number(ownershipTtlMs) },
});
/** What any proxy made of node:http and fetch costs: it adds the key and hands the answer on, and checks nothing. */
const bareProxy = async (request: Request): Promise<Response> => {
  const path = new URL(request.url).pathname.replace("/api/miosa", "");
  const answer = await fetch(upstream + path, { headers: { authorization: "Bearer msk_bench_0000000000000000" } });
  return new Response(answer.body, { status: answer.status, headers: { "content-type": answer.headers.get("content-type") ?? "" } });
};
const server = createServer(toNodeListener(kind === "bare" ? bareProxy : gateway));
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
