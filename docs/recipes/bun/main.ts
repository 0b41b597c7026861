// bun add @miosa/core && npx @miosa/local -- bun main.ts
// Without npx @miosa/local, with MIOSA_API_KEY in the environment, it runs in production.
import { createMiosaClient } from "@miosa/core";

const miosa = createMiosaClient({ apiKey: process.env["MIOSA_API_KEY"], baseUrl: process.env["MIOSA_BASE_URL"] });

const sandbox = await miosa.sandboxes.createReady({ name: "bun" });
try {
  // An interactive command: bun has a WebSocket of its own.
  const child = await miosa.exec.spawn(sandbox.id, { command: "cat" });
  await child.write("hi from bun\n");
  child.endInput();
  for await (const { bytes } of child.output) console.log(new TextDecoder().decode(bytes).trim());
} finally {
  await miosa.sandboxes.delete(sandbox.id);
}
