// The peers as contestants of bench/callPeers.ts. Plain JavaScript, for their types are installed only when the benchmark runs.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../scripts/installMissing.mjs";

const folder = join(root, "node_modules/.cache/peers");
const token = "bench_0000000000000000";
const id = "0b6f7a1e-6f1e-4a53-9d52-3f0c2f6f2c11";
const at = "2026-01-01T00:00:00Z";
const atMs = Date.parse(at);

/** Speaks HTTP/2 unless told otherwise, so it is there twice. */
function runloop(pointedBy, options, http2) {
  return {
    name: "@runloop/api-client",
    version: "1.32.0",
    call: "runloop.devboxes.retrieve(id)",
    pointedBy,
    http2,
    body: { id, name: "quick-exec", status: "running", blueprint_id: "base", metadata: { customer: "dental-office-123" }, capabilities: [], state_transitions: [], launch_parameters: {}, create_time_ms: atMs, end_time_ms: null },
    open({ Runloop }, baseURL) {
      const client = new Runloop({ bearerToken: token, baseURL, ...options });
      return { get: async () => (await client.devboxes.retrieve(id)).id };
    },
  };
}

/** See `PeerClient`. Each body is what that peer's API answers, cut down to what its client needs, about as long as ours. */
const peers = [
  {
    name: "e2b",
    version: "2.51.0",
    call: "Sandbox.getInfo(id)",
    pointedBy: "apiUrl",
    body: { sandboxID: id, templateID: "base", alias: "quick-exec", clientID: "c1", state: "running", envdVersion: "0.2.0", cpuCount: 2, memoryMB: 512, metadata: { customer: "dental-office-123" }, startedAt: at, endAt: at },
    open({ Sandbox }, apiUrl) {
      const options = { apiKey: `e2b_${"0".repeat(40)}`, apiUrl };
      return { get: async () => (await Sandbox.getInfo(id, options)).sandboxId };
    },
  },
  {
    name: "@daytona/sdk",
    version: "0.216.0",
    call: "daytona.get(id)",
    pointedBy: "apiUrl; its Socket.IO connection is off, as it would knock again and again",
    body: { id, name: "quick-exec", organizationId: "o1", user: "daytona", state: "started", labels: { customer: "dental-office-123" }, env: {}, public: false, target: "eu", cpu: 2, memory: 1, disk: 3, createdAt: at, updatedAt: at, toolboxProxyUrl: "http://127.0.0.1:9" },
    open({ Daytona }, apiUrl) {
      const daytona = new Daytona({ apiKey: token, apiUrl, target: "eu", useDeprecatedPolling: true });
      return { get: async () => (await daytona.get(id)).id, close: () => daytona[Symbol.asyncDispose]() };
    },
  },
  {
    name: "@blaxel/core",
    version: "0.3.21",
    call: "SandboxInstance.get(name)",
    pointedBy: "initialize({ proxy })",
    body: { metadata: { name: id, displayName: "quick-exec", workspace: "w1", labels: { customer: "dental-office-123" }, createdAt: at, updatedAt: at }, spec: { runtime: { image: "base", memory: 2048 } }, status: "DEPLOYED" },
    open({ initialize, SandboxInstance }, proxy) {
      initialize({ apiKey: token, workspace: "w1", proxy });
      return { get: async () => (await SandboxInstance.get(id)).metadata.name };
    },
  },
  runloop("baseURL; HTTP/2 without TLS, as it does by default", {}, true),
  runloop("baseURL, with http2: false", { http2: false }, false),
  {
    name: "@vercel/sandbox",
    version: "3.5.0",
    call: "Sandbox.get({ name })",
    pointedBy: "fetch, which puts the loopback address in place of its own; it has no option for one",
    body: {
      sandbox: { name: id, persistent: false, region: "iad1", createdAt: atMs, updatedAt: atMs, currentSessionId: "s1", status: "running" },
      session: { id: "s1", memory: 2048, vcpus: 2, region: "iad1", timeout: 300_000, status: "running", requestedAt: atMs, createdAt: atMs, updatedAt: atMs, cwd: "/" },
      routes: [],
    },
    open({ Sandbox }, url) {
      const own = "https://vercel.com/api";
      const toLoopback = (address, init) => {
        if (!address.startsWith(own)) throw new Error(`An address other than ${own}: ${address}`);
        return fetch(url + address.slice(own.length), init);
      };
      const options = { name: id, token, teamId: "t1", projectId: "p1", fetch: toLoopback };
      return { get: async () => (await Sandbox.get(options)).name };
    },
  },
  {
    name: "@codesandbox/sdk",
    version: "2.4.2",
    call: "sdk.sandboxes.get(id)",
    pointedBy: "baseUrl",
    body: { data: { id, title: "quick-exec", description: null, privacy: 0, tags: ["dental-office-123"], settings: { use_pint: false }, created_at: at, updated_at: at } },
    open({ CodeSandbox }, baseUrl) {
      const sdk = new CodeSandbox(`csb_${token}`, { baseUrl });
      return { get: async () => (await sdk.sandboxes.get(id)).id };
    },
  },
];

function isInstalled({ name, version }) {
  const file = join(folder, "node_modules", name, "package.json");
  return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === version;
}

/** See the declaration. */
export async function loadPeers() {
  const missing = peers.filter((peer) => !isInstalled(peer));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(({ name, version }) => `${name}@${version}`))];
    console.log(`Installing below node_modules/.cache/peers: ${packages.join(" ")}`);
    execFileSync("npm", ["install", "--prefix", folder, "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], { cwd: root, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
  }
  // A module beside them, so that Node finds them and takes what they export to an import.
  const file = join(folder, "peers.mjs");
  writeFileSync(file, peers.map(({ name }, index) => `export * as peer${index} from ${JSON.stringify(name)};\n`).join(""));
  const modules = await import(pathToFileURL(file).href);
  return peers.map(({ open, http2 = false, ...peer }, index) => ({
    ...peer,
    http2,
    id,
    open(url) {
      const { get, close = async () => undefined } = open(modules[`peer${index}`], url);
      return { get, close };
    },
  }));
}
