import { fork } from "node:child_process";
import { once } from "node:events";
import { bundleSources } from "../../scripts/bundleSources.mjs";

/** A gateway in a process of its own. */
export interface GatewayProcess {
  url: string;
  /** Memory of the process after a collection, in bytes. */
  memoryBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a gateway in front of `upstream`. With an `ownershipTtlMs` of 0 every request looks its sandbox up; `bare` is a proxy that checks nothing. */
export async function startGateway(upstream: string, { ownershipTtlMs = 30_000, kind = "gateway" }: { ownershipTtlMs?: number; kind?: "gateway" | "bare" } = {}): Promise<GatewayProcess> {
  const child = fork(await bundleSources("bench/lib/gatewayProcess.ts"), [upstream, String(ownershipTtlMs), kind], { execArgv: ["--expose-gc"] });
  const answer = async (key: string): Promise<number> => {
    const sent: readonly unknown[] = await once(child, "message", { signal: AbortSignal.timeout(10_000) });
    const message = sent[0];
    const value: unknown = typeof message === "object" && message !== null ? Reflect.get(message, key) : undefined;
    if (typeof value !== "number") throw new Error(`The gateway's process did not say its ${key}`);
    return value;
  };
  const port = await answer("port");
  return {
    url: `http://127.0.0.1:${port}/api/miosa`,
    memoryBytes() {
      child.send("memory");
      return answer("rssBytes");
    },
    async close() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
