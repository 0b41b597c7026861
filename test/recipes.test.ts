import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createLocalServer, type LocalServer } from "@miosa/local";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { POST } from "../docs/recipes/nextjs-route-handler/app/api/run/route.js";
import { bundleSources } from "../scripts/bundleSources.mjs";

let server: LocalServer;

beforeAll(async () => {
  server = await createLocalServer();
});

afterAll(() => server.close());

test("the Node script prints what its command prints and leaves nothing behind", async () => {
  const env = { ...process.env, MIOSA_API_KEY: server.apiKey, MIOSA_BASE_URL: server.baseUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [await bundleSources("docs/recipes/node-script/main.mjs")], { env, timeout: 50_000 });
  expect(stdout).toBe("1\n4\n9\n");
  expect(server.sandboxes.count).toBe(0);
}, 30_000);

test("the route handler answers the output, and the API's own refusal without a secret", async () => {
  const ask = (key: string): Promise<Response> => {
    process.env["MIOSA_API_KEY"] = key;
    process.env["MIOSA_BASE_URL"] = server.baseUrl;
    return POST(new Request("http://app.test/api/run", { method: "POST", body: JSON.stringify({ command: "echo hi; exit 2" }) }));
  };
  expect(await (await ask(server.apiKey)).json()).toEqual({ output: "hi\n", exitCode: 2 });
  const refused = await ask("msk_u_wrong");
  expect(refused.status).toBe(401);
  expect(await refused.text()).not.toContain("msk_");
  expect(server.sandboxes.count).toBe(0);
}, 30_000);

test.each(["", "[]", "{}", '{"command":3}'])("the route handler answers 400 to a body without a command, and creates nothing: %j", async (body) => {
  process.env["MIOSA_API_KEY"] = server.apiKey;
  process.env["MIOSA_BASE_URL"] = server.baseUrl;
  server.clearRequests();
  expect((await POST(new Request("http://app.test/api/run", { method: "POST", body }))).status).toBe(400);
  expect(server.requests).toEqual([]);
});

test("the Worker streams the output, in workerd without compatibility flags", async () => {
  const program = await bundleSources("docs/recipes/cloudflare-workers/worker.ts", { platform: "browser" });
  const { outputFiles } = await build({ entryPoints: [program], bundle: true, write: false, format: "esm", sourcemap: false, logLevel: "silent" });
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: "2026-04-20",
    bindings: { MIOSA_API_KEY: server.apiKey, MIOSA_BASE_URL: server.baseUrl },
  });
  try {
    const response = await worker.dispatchFetch("http://edge.test/", { method: "POST", body: "echo from the edge; exit 3" });
    expect(await response.text()).toBe("from the edge\nexit 3\n");
  } finally {
    await worker.dispose();
  }
  await expect.poll(() => server.sandboxes.count).toBe(0);
}, 60_000);
