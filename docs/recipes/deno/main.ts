// npx @miosa/local -- deno run --allow-net --allow-env main.ts
// Without npx @miosa/local, with MIOSA_API_KEY in the environment, it runs in production.
// Outside this repository write "npm:@miosa/core" below.
import { createMiosaClient } from "@miosa/core";

declare const Deno: { env: { get(name: string): string | undefined } };

const miosa = createMiosaClient({ apiKey: Deno.env.get("MIOSA_API_KEY"), baseUrl: Deno.env.get("MIOSA_BASE_URL") });

const sandbox = await miosa.sandboxes.createReady({ name: "deno" }, { signal: AbortSignal.timeout(60_000) });
try {
  const { output } = await miosa.exec.run(sandbox.id, { command: "echo hi from $(uname)" });
  console.log(output.trim());
} finally {
  await miosa.sandboxes.delete(sandbox.id);
}
