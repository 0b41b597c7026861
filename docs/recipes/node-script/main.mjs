// node main.mjs   with MIOSA_API_KEY, and MIOSA_BASE_URL for another server than production.
import { createMiosaClient } from "@miosa/core";

const miosa = createMiosaClient({ apiKey: process.env.MIOSA_API_KEY, baseUrl: process.env.MIOSA_BASE_URL });

// Whatever goes wrong before this resolves, nothing is left behind.
const sandbox = await miosa.sandboxes.createReady({ name: "node-script" });
try {
  await miosa.files.write(sandbox.id, "primes.py", "print([n for n in range(2, 30) if all(n % d for d in range(2, n))])");
  for await (const event of miosa.exec.stream(sandbox.id, { command: "python3 primes.py" })) {
    if (event.type === "exit") process.exitCode = event.exitCode;
    else console.log(event.line);
  }
} finally {
  await miosa.sandboxes.delete(sandbox.id);
}
