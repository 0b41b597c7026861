// What a call through the client costs over fetch and JSON by hand, against a server on the same machine.
import { createMiosaClient } from "@miosa/core";
import { alternate } from "./lib/alternate.js";
import { compare } from "./lib/compare.js";
import { startFixedServer } from "./lib/fixedServer.js";
import { writeSection } from "./lib/results.js";

const targetRatio = 1.4;
const rounds = 200;
const times = 25;
const apiKey = "msk_bench_0000000000000000";
const sandbox = {
  id: "0b6f7a1e-6f1e-4a53-9d52-3f0c2f6f2c11",
  name: "quick-exec",
  status: "running",
  template_type: "miosa-sandbox",
  external_workspace_id: "dental-office-123",
  metadata: {},
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

const server = await startFixedServer({ data: sandbox });
try {
  const url = `${server.url}/computers/${sandbox.id}`;
  const headers = { authorization: `Bearer ${apiKey}`, accept: "application/json" };
  const miosa = createMiosaClient({ apiKey, baseUrl: server.url });

  const repeat = (call: () => Promise<unknown>) => async (count: number) => {
    for (let time = 0; time < count; time += 1) await call();
  };
  const rawCall = async (): Promise<unknown> => {
    const response = await fetch(url, { headers });
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    return response.json();
  };
  const samples = await alternate(
    [
      { name: "fetch + JSON", run: repeat(rawCall) },
      { name: "miosa.sandboxes.get", run: repeat(() => miosa.sandboxes.get(sandbox.id)) },
    ],
    { rounds, times },
  );

  const results = compare(samples, "fetch + JSON");
  const ours = results.find(({ name }) => name === "miosa.sandboxes.get");
  if (!ours) throw new Error("The client was not measured");
  writeSection({
    name: "call",
    title: "Cost of one call",
    method: `\`GET\` of one sandbox over a kept-alive loopback connection to a server in another thread, one call after another: ${rounds} rounds of ${times} calls each, contestants in turn. The ratio is the median over the rounds, with its 5th and 95th percentile.`,
    table: [
      ["way", "median per call", "95th percentile", "ratio to fetch + JSON"],
      ...results.map(({ name, medianMs, p95Ms, ratio, ratioP5, ratioP95 }) => [
        name,
        `${(medianMs * 1000).toFixed(0)} µs`,
        `${(p95Ms * 1000).toFixed(0)} µs`,
        `${ratio.toFixed(2)} (${ratioP5.toFixed(2)} to ${ratioP95.toFixed(2)})`,
      ]),
    ],
    verdict: `Target: at most ${targetRatio.toFixed(2)}. Measured: ${ours.ratio.toFixed(2)}, ${ours.ratio <= targetRatio ? "met" : "missed"}.`,
  });
} finally {
  await server.close();
}
