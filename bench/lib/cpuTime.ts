import { existsSync, readFileSync } from "node:fs";

const file = `/proc/self/task/${process.pid}/schedstat`;

/** Whose time `cpuTimeMs` counts. */
export const cpuTimeOf = existsSync(file) ? "the calling thread" : "the whole process, servers included";

/** Time spent on a processor so far, in milliseconds: waiting, for an answer or for a turn on a busy machine, is not in it. */
export function cpuTimeMs(): number {
  if (existsSync(file)) return Number(readFileSync(file, "utf8").split(" ")[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
