import type { BoxCommand, BoxExecution, SandboxBox } from "../drivers/driver.js";
import type { Life } from "./life.js";
import { environmentOf } from "./sandboxRecord.js";

/** A running sandbox's box for a caller: counts the commands that run, for the idle timeout, and gives each the sandbox's variables as they are now. */
export function activeBox(life: Life, box: SandboxBox, now: () => number): SandboxBox {
  const note = (): void => void (life.activeAt = now());
  async function exec(command: BoxCommand): Promise<BoxExecution> {
    life.busy += 1;
    const release = (): void => {
      life.busy -= 1;
      note();
    };
    try {
      const execution = await box.exec({ ...command, env: { ...environmentOf(life.record), ...command.env } });
      void execution.exited.then(release, release);
      return execution;
    } catch (error) {
      release();
      throw error;
    }
  }
  note();
  return { ...box, exec };
}
