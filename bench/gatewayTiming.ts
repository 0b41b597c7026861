// Whether the time of a refusal tells a foreign id from one that nobody has.
import { createLocalServer } from "@miosa/local";
import { writeSection } from "./lib/results.js";
import { startGateway } from "./lib/startGateway.js";
import { median, percentile } from "./lib/statistics.js";

const count = 400;
const local = await createLocalServer({ autoStart: false, apiKeys: ["msk_bench_0000000000000000"] });
const gateway = await startGateway(local.baseUrl);
try {
  const headers = { authorization: `Bearer ${local.apiKey}`, "content-type": "application/json" };
  const body = JSON.stringify({ external_workspace_id: "globex" });
  const foreign: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const response = await fetch(`${local.baseUrl}/computers`, { method: "POST", headers, body });
    const created: unknown = await response.json();
    const id: unknown = typeof created === "object" && created !== null ? Reflect.get(created, "id") : undefined;
    if (typeof id !== "string") throw new Error(`The server answered ${response.status} without an id`);
    foreign.push(id);
  }
  const times = new Map<string, number[]>([
    ["a foreign id, in use by its owner, first time", []],
    ["an unknown id, first time", []],
    ["the foreign id again", []],
    ["the unknown id again", []],
  ]);
  const ask = async (kind: string, id: string, cookie = "acme"): Promise<void> => {
    const startedMs = performance.now();
    const response = await fetch(`${gateway.url}/computers/${id}`, { headers: { cookie } });
    await response.arrayBuffer();
    if (response.status !== (cookie === "acme" ? 404 : 200)) throw new Error(`${kind} was answered with ${response.status}`);
    times.get(kind)?.push(performance.now() - startedMs);
  };
  const kinds = [...times.keys()];
  for (const [index, id] of foreign.entries()) {
    const unknown = crypto.randomUUID();
    await ask("warm-up of the owner's claim", id, "globex");
    const turns = [[kinds[0], id], [kinds[1], unknown], [kinds[2], id], [kinds[3], unknown]] as const;
    for (const [kind = "", asked] of index % 2 === 0 ? turns : [turns[1], turns[0], turns[3], turns[2]]) await ask(kind, asked);
  }
  const micros = (ms: number): string => `${(ms * 1000).toFixed(0)} µs`;
  writeSection({
    name: "gatewayTiming",
    title: "What the time of a refusal tells",
    method: `A user of one customer asks for sandboxes of another, each just used by its owner, and for ids that nobody has: ${count} of each, in turn, in front of a local server. Both are the same 404.`,
    table: [
      ["asked for", "p25", "p50", "p75"],
      ...[...times].map(([kind, samples]) => [kind, micros(percentile(samples, 0.25)), micros(median(samples)), micros(percentile(samples, 0.75))]),
    ],
    verdict: "What is left of a difference the first time is the API's own: it answers 200 to the one lookup and 404 to the other.",
  });
} finally {
  await gateway.close();
  await local.close();
}
