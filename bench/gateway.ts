// What the gateway adds to a call, against the same call made directly.
import { alternate } from "./lib/alternate.js";
import { startFixedServer } from "./lib/fixedServer.js";
import { writeSection } from "./lib/results.js";
import { startGateway } from "./lib/startGateway.js";
import { median, percentile } from "./lib/statistics.js";

const rounds = 1_500;
const id = "0b6f7a1e-6f1e-4a53-9d52-3f0c2f6f2c11";
const server = await startFixedServer({ id, name: "quick-exec", status: "running", external_workspace_id: "acme", metadata: {} });
const warm = await startGateway(`${server.url}/api/v1`);
const cold = await startGateway(`${server.url}/api/v1`, { ownershipTtlMs: 0 });
const bare = await startGateway(`${server.url}/api/v1`, { kind: "bare" });
try {
  const call = (url: string) => async (): Promise<void> => {
    const response = await fetch(url, { headers: { cookie: "acme" } });
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    await response.json();
  };
  const contestants = [
    { name: "direct", run: call(`${server.url}/api/v1/computers/${id}`) },
    { name: "through a bare proxy of node:http and fetch", run: call(`${bare.url}/computers/${id}`) },
    { name: "through the gateway", run: call(`${warm.url}/computers/${id}`) },
    { name: "through the gateway, ownership looked up each time", run: call(`${cold.url}/computers/${id}`) },
  ];
  const samples = await alternate(contestants, { rounds, times: 1, warmUpRounds: 200 });
  const direct = samples.get("direct") ?? [];
  const micros = (ms: number): string => `${(ms * 1000).toFixed(0)} µs`;
  writeSection({
    name: "gateway",
    title: "What the gateway adds to a call",
    method: `\`GET\` of one sandbox over kept-alive loopback connections, one call after another, contestants in turn, ${rounds} calls each. API, gateway and caller run apart: a thread, a process, the main thread. Added is the difference to the direct call at the same percentile.`,
    table: [
      ["way", "p50", "p99", "added p50", "added p99", "ratio p50", "ratio p99"],
      ...[...samples].map(([name, times]) => {
        const [p50, p99] = [median(times), percentile(times, 0.99)];
        const [base50, base99] = [median(direct), percentile(direct, 0.99)];
        return [name, micros(p50), micros(p99), micros(p50 - base50), micros(p99 - base99), (p50 / base50).toFixed(2), (p99 / base99).toFixed(2)];
      }),
    ],
  });
} finally {
  await warm.close();
  await cold.close();
  await bare.close();
  await server.close();
}
