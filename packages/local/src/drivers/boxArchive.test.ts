import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { patienceMs } from "../../../../test/patience.js";
import { mkdtempDisposable } from "../../test/temporaryDirectory.js";
import { createBwrapDriver } from "./isolatingDrivers.js";

// An error that nobody takes would end the process, and with it every other sandbox: the test run fails for it too.
test("a box that is to start from files that are gone fails by itself", async () => {
  await using directory = await mkdtempDisposable();
  const driver = createBwrapDriver({});
  onTestFinished(() => driver.close());
  expect(await driver.probe()).toEqual({ ok: true });
  const signal = AbortSignal.timeout(patienceMs);
  const box = await driver.create({ id: "gone", signal, filesFrom: join(directory.path, "none") });
  await expect(box.waitReady(signal)).rejects.toThrow("ENOENT");
  await box.destroy();
});
