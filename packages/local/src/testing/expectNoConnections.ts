import { sleep } from "../timers.js";

/** What can be asked for its open connections: a local server or a raw one. */
export interface ConnectionCounter {
  connections(): { sockets: number; streams?: { readiness: number; events: number } };
}

const lookEveryMs = 5;

/**
 * Resolves once a server has no open stream left, and with `sockets: true` no open socket either. Clients keep idle
 * sockets for a while, so a socket alone is no leak. Throws when something is still open after `timeoutMs` (4,000
 * unless told otherwise) and as many looks as fit into it, which take a busy machine longer.
 */
export async function expectNoConnections(
  server: ConnectionCounter,
  options: { timeoutMs?: number; sockets?: boolean } = {},
): Promise<void> {
  const { timeoutMs = 4_000, sockets = false } = options;
  const deadline = performance.now() + timeoutMs;
  for (let looks = 1; ; looks++) {
    const open = server.connections();
    const left = (open.streams?.readiness ?? 0) + (open.streams?.events ?? 0) + (sockets || !open.streams ? open.sockets : 0);
    if (left === 0) return;
    if (looks * lookEveryMs >= timeoutMs && performance.now() > deadline) throw new Error(`Still open after ${timeoutMs} ms: ${JSON.stringify(open)}.`);
    await sleep(lookEveryMs);
  }
}
