// What getting one sandbox costs through our client and through the peers', over fetch and JSON by hand. Installs the peers on first use.
import { createMiosaClient } from "@miosa/core";
import { alternate, type Contestant } from "./lib/alternate.js";
import { type Comparison, compare } from "./lib/compare.js";
import { cpuTimeMs, cpuTimeOf } from "./lib/cpuTime.js";
import { startFixedServer } from "./lib/fixedServer.js";
import type { PeerClient } from "./lib/peerClients.d.mts";
import { loadPeers } from "./lib/peerClients.mjs";
import { nodeHttpGetter } from "./lib/nodeHttpGetter.js";
import { recordRequests } from "./lib/recordRequests.js";
import { writeSection } from "./lib/results.js";

const targetRatio = 1.4;
const rounds = 50;
const times = 50;
const warmUpRounds = 3;
const apiKey = "msk_bench_0000000000000000";
const baseline = "fetch + JSON";
const nodeHttp = "node:http + JSON";
const oursName = "@miosa/core";
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

/** What one call of a peer sent, or why it could not be measured. */
type Look = { peer: PeerClient; requests: readonly string[] } | { peer: PeerClient; failure: string };

/** Lets a peer make one call, to see that it comes to the loopback server and that its client takes the answer. */
async function look(peer: PeerClient): Promise<Look> {
  try {
    const requests = await recordRequests(peer.body, async (url) => {
      const client = peer.open(url);
      try {
        const id = await client.get();
        if (id !== peer.id) throw new Error(`It took ${id} for the id`);
      } finally {
        await client.close();
      }
    }, peer);
    return requests.length > 0 ? { peer, requests } : { peer, failure: "it sent nothing to the loopback server" };
  } catch (error) {
    return { peer, failure: error instanceof Error ? error.message : JSON.stringify(error) }; // shown in the table
  }
}

const cpuSamples = new Map<string, number[]>();
/** A contestant whose processor time is noted as well, one sample a turn. */
function contestant(name: string, call: () => Promise<unknown>): Contestant {
  const cpuMs: number[] = [];
  cpuSamples.set(name, cpuMs);
  return {
    name,
    async run(count) {
      const startMs = cpuTimeMs();
      for (let time = 0; time < count; time += 1) await call();
      cpuMs.push((cpuTimeMs() - startMs) / count);
    },
  };
}
const label = ({ name, version, http2 }: PeerClient): string => `${name} ${version}${http2 ? ", HTTP/2" : ""}`;
const fetchBefore = globalThis.fetch;
const looks: Look[] = [];
for (const peer of await loadPeers()) looks.push(await look(peer));
if (globalThis.fetch !== fetchBefore) throw new Error("A peer has put a fetch of its own in place of the platform's");

/** Whether ours is below each of the peers, and which are not above it. */
function below(results: readonly Comparison[]): string {
  const own = results.find(({ name }) => name === oursName);
  const peers = results.filter(({ name }) => ![oursName, baseline, nodeHttp].includes(name)).toSorted((a, b) => a.ratio - b.ratio);
  const [cheapest] = peers;
  if (!own || !cheapest) throw new Error("The client or all peers were not measured");
  const notAbove = peers.filter(({ ratio }) => ratio <= own.ratio);
  if (notAbove.length === 0) return `below every peer, the cheapest of which is ${cheapest.name} at ${cheapest.ratio.toFixed(2)}: met`;
  return `${own.ratio.toFixed(2)}, not below ${notAbove.map(({ name, ratio }) => `${name} at ${ratio.toFixed(2)}`).join(", ")}: missed`;
}

const open: (() => Promise<void>)[] = [];
try {
  const server = await startFixedServer({ data: sandbox });
  open.push(() => server.close());
  const url = `${server.url}/computers/${sandbox.id}`;
  const headers = { authorization: `Bearer ${apiKey}`, accept: "application/json" };
  const miosa = createMiosaClient({ apiKey, baseUrl: server.url });
  const rawCall = async (): Promise<unknown> => {
    const response = await fetch(url, { headers });
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    return response.json();
  };
  const byNodeHttp = nodeHttpGetter(url, headers);
  open.push(async () => byNodeHttp.close());
  const contestants = [contestant(baseline, rawCall), contestant(nodeHttp, byNodeHttp.get), contestant(oursName, () => miosa.sandboxes.get(sandbox.id))];
  for (const seen of looks) {
    if ("failure" in seen) continue;
    const peerServer = await startFixedServer(seen.peer.body, seen.peer);
    open.push(() => peerServer.close());
    const client = seen.peer.open(peerServer.url);
    open.push(() => client.close());
    contestants.push(contestant(label(seen.peer), () => client.get()));
  }

  const results = compare(await alternate(contestants, { rounds, times, warmUpRounds }), baseline);
  const cpuResults = compare(new Map([...cpuSamples].map(([name, cpuMs]) => [name, cpuMs.slice(warmUpRounds)])), baseline);
  const microseconds = (ms: number): string => `${(ms * 1000).toFixed(0)} µs`;
  const figures = (name: string): string[] => {
    const found = results.find((result) => result.name === name);
    const cpu = cpuResults.find((result) => result.name === name);
    if (!found || !cpu) return ["not measured", "", "", "", ""];
    const range = ({ ratio, ratioP5, ratioP95 }: Comparison): string => `${ratio.toFixed(2)} (${ratioP5.toFixed(2)} to ${ratioP95.toFixed(2)})`;
    return [microseconds(found.medianMs), microseconds(found.p95Ms), range(found), microseconds(cpu.medianMs), range(cpu)];
  };
  const ours = results.find(({ name }) => name === oursName);
  if (!ours) throw new Error("The client was not measured");
  writeSection({
    name: "callPeers",
    title: "Cost of one call beside the peers",
    method: `Each client's cheapest call that gets one sandbox, over a kept-alive loopback connection to a server in another thread that answers with what that client expects, one call after another in one process: ${rounds} rounds of ${times} calls each, contestants in turn and in the other order each round. The ratio is the median over the rounds, with its 5th and 95th percentile. Each client keeps its defaults but for what the table says. The request is the one that the loopback server saw. Processor time is that of ${cpuTimeOf}: what else the machine does is hardly in it. Ratios less than about 0.1 apart change places from run to run.`,
    table: [
      ["client", "call", "request", "led there by", "median per call", "95th percentile", "ratio to fetch + JSON", "processor time", "its ratio"],
      [baseline, "`fetch(url, { headers })`, `.json()`", "GET /computers/:id", "", ...figures(baseline)],
      [nodeHttp, "`get(url, { agent, headers })`, `JSON.parse`", "GET /computers/:id", "", ...figures(nodeHttp)],
      [oursName, "`miosa.sandboxes.get(id)`", "GET /computers/:id", "baseUrl", ...figures(oursName)],
      ...looks.map((seen) => {
        const { call, pointedBy, id } = seen.peer;
        const request = "failure" in seen ? seen.failure : seen.requests.join(", ").replaceAll(id, ":id");
        return [label(seen.peer), `\`${call}\``, request, pointedBy, ...figures(label(seen.peer))];
      }),
    ],
    verdict: `Target: at most ${targetRatio.toFixed(2)}, and below every peer. Measured: ${ours.ratio.toFixed(2)}, ${ours.ratio <= targetRatio ? "met" : "missed"}; ${below(results)}. By processor time ${below(cpuResults)}.`,
  });
} finally {
  for (const close of open.toReversed()) await close();
}
