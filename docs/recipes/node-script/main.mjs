// npm install @miosa/core && npx @miosa/local -- node main.mjs
// Without npx @miosa/local, with MIOSA_API_KEY in the environment, it runs in production.
import { createMiosaClient } from "@miosa/core";

const miosa = createMiosaClient({ apiKey: process.env.MIOSA_API_KEY, baseUrl: process.env.MIOSA_BASE_URL });

// Whatever goes wrong before this resolves, nothing is left behind.
const sandbox = await miosa.sandboxes.createReady({ name: "node-script" });
try {
  await miosa.files.write(sandbox.id, "squares.sh", "for n in 1 2 3; do echo $((n * n)); done");
  for await (const event of miosa.exec.stream(sandbox.id, { command: "bash squares.sh" })) {
    if (event.type === "exit") process.exitCode = event.exitCode;
    else console.log(event.line);
  }
} finally {
  await miosa.sandboxes.delete(sandbox.id);
}
