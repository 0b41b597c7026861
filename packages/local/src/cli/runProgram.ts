import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/** Signals that the program is given on. A SIGINT of the terminal reaches it by itself. */
const passedOn = ["SIGTERM", "SIGHUP"] as const;

/**
 * Runs a program with more variables in its environment and this process's own input and output. Resolves with its exit code,
 * 128 + n when signal n ended it. Rejects when it cannot be started. Signals that would end this process end the program instead.
 */
export async function runProgram([name = "", ...args]: readonly string[], variables: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(name, args, { stdio: "inherit", env: { ...process.env, ...variables } });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const stay = (): void => {};
  process.on("SIGINT", stay);
  for (const signal of passedOn) process.on(signal, passOn);
  try {
    await once(child, "exit"); // rejects on "error", which a program that cannot be started has in place of an exit
    return child.exitCode ?? 128 + constants.signals[child.signalCode ?? "SIGTERM"];
  } finally {
    process.off("SIGINT", stay);
    for (const signal of passedOn) process.off(signal, passOn);
  }
}
