// npm run dev -w apps/edge: the Worker in workerd on this machine, in front of a local sandbox server, with the built dashboard.
// PORT is the Worker's port, 8787 unless set. Ctrl-C stops everything.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPackages, buildPage } from "../../../scripts/buildDashboard.mjs";

const app = dirname(dirname(fileURLToPath(import.meta.url)));
const port = process.env["PORT"] ?? "8787";
const session = { externalWorkspaceId: process.env["TENANT"] ?? "acme", can: ["read", "create", "exec", "files", "delete"] };

if (buildPackages() !== 0 || buildPage() !== 0) throw new Error("The packages or the dashboard could not be built; the lines above say why.");
const { createLocalServer } = await import("@miosa/local");
const local = await createLocalServer();
// A file that only this user can read: a command line is there for everybody.
const folder = await mkdtemp(join(tmpdir(), "miosa-edge-"));
const variables = { MIOSA_API_KEY: local.apiKey, MIOSA_BASE_URL: local.baseUrl, DEV_SESSION: JSON.stringify(session) };
const file = join(folder, "dev.env");
await writeFile(file, Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`).join(""), { mode: 0o600 });

const wrangler = spawn("npx", ["wrangler", "dev", "--local", "--ip", "127.0.0.1", "--port", port, "--env-file", file], {
  cwd: app,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => wrangler.kill(signal));
const code = await new Promise((resolve) => wrangler.once("exit", resolve));
await local.close();
await rm(folder, { recursive: true });
process.exitCode = code ?? 0;
