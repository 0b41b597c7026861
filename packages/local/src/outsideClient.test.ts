import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createLocalServer } from "./index.js";

const script = fileURLToPath(new URL("../test/outsideClient.py", import.meta.url));

test.each(["bwrap", "process"] as const)("a client in another language, written against the API's contract alone, finds all of it (%s)", async (driver) => {
  await using server = await createLocalServer({ driver });
  const { stdout } = await promisify(execFile)("python3", [script, server.baseUrl, server.apiKey], { timeout: 60_000 });
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("all of it");
  expect(server.sandboxes.count).toBe(0);
}, 70_000);
