import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { patienceMs } from "../../../../test/patience.js";
import { startCommand } from "./startCommand.mjs";

const environment = { PATH: "/usr/bin:/bin" };

/** Runs a command on a terminal that is told its sizes before anything can be there to take them. */
async function sayOn(argv: readonly [string, ...string[]], ...sizes: readonly (readonly [rows: number, columns: number])[]): Promise<string> {
  let said = "";
  const onOutput = (_: string, bytes: Uint8Array): void => void (said += Buffer.from(bytes).toString());
  const execution = await startCommand({ argv, tty: { rows: 24, columns: 80 }, signal: AbortSignal.timeout(patienceMs), onOutput }, { cwd: tmpdir(), env: environment });
  for (const [rows, columns] of sizes) execution.resize(rows, columns);
  await execution.write(Buffer.from("go\n"));
  await execution.exited;
  return said;
}

test("a terminal has the size that it was told last, however early that was", async () => {
  expect(await sayOn(["bash", "-c", "read line; stty size"], [30, 90], [31, 91], [32, 92])).toContain("32 92");
});

test("a terminal that ended before it had a size takes none, and ends", async () => {
  expect(await sayOn(["/nothing/is/here"], [30, 90])).toContain("not found");
});
