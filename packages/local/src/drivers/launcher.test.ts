import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { followChild } from "./launcher.js";

/** False for one that has ended, also while nobody has asked how. */
function isThere(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

test("what a killed launcher had just begun ends with it", async () => {
  const child = spawn("bash", ["-c", "sleep 600 & echo $!; wait"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const { ended } = followChild(child);
  const [line] = await once(createInterface(child.stdout), "line");
  const begun = Number(line);
  expect(isThere(begun)).toBe(true);
  child.kill("SIGKILL");
  await ended;
  await expect.poll(() => isThere(begun)).toBe(false);
});
