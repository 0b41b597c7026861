import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { bundleSources } from "../../scripts/bundleSources.mjs";

/** What the thread is told. Times are in milliseconds. */
export type ServerOrder =
  | { kind: "page"; script: string }
  /** Makes sandboxes that become ready by themselves, evenly spread over `spreadMs`, from `afterMs` after now on; never without it. */
  | { kind: "create"; ids: readonly string[]; afterMs?: number; spreadMs?: number }
  /** Sandboxes asked for that nobody made are ready within this span of time after the first request for them. */
  | { kind: "readyWithin"; fromMs: number; toMs: number }
  | { kind: "resetPeaks" }
  | { kind: "report" };

/** What the thread knows. */
export interface ServerReport {
  /** When each sandbox became ready, on the server's clock. */
  readyAtMs: ReadonlyMap<string, number>;
  /** Requests for each sandbox. */
  requestsById: ReadonlyMap<string, number>;
  /** Requests since the peaks were reset, by route. */
  requests: ReadonlyMap<string, number>;
  sockets: number;
  streams: number;
  /** The most at one time since the peaks were reset. */
  peakSockets: number;
  peakStreams: number;
}

/** A server of the readiness routes, the list and the live feed, in a thread of its own. Its sandboxes are times in a table. */
export interface SandboxServer {
  url: string;
  order(order: ServerOrder): void;
  report(): Promise<ServerReport>;
  close(): Promise<void>;
}

/** The server's clock, in milliseconds: all threads of a process share it. */
export function serverNowMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000;
}

/** Starts a server. */
export async function startSandboxServer(): Promise<SandboxServer> {
  const worker = new Worker(await bundleSources("bench/lib/sandboxServerThread.ts"));
  const answer = async (): Promise<unknown> => {
    const message: readonly unknown[] = await once(worker, "message", { signal: AbortSignal.timeout(20_000) });
    return message[0];
  };
  const port = await answer();
  if (typeof port !== "number") throw new Error("The server did not say its port");
  const order = (message: ServerOrder): void => worker.postMessage(message);
  return {
    url: `http://127.0.0.1:${port}`,
    order,
    async report() {
      order({ kind: "report" });
      const report = await answer();
      if (!isReport(report)) throw new Error("The server's report cannot be read");
      return report;
    },
    async close() {
      await worker.terminate();
    },
  };
}

function isReport(value: unknown): value is ServerReport {
  return typeof value === "object" && value !== null && "readyAtMs" in value && "peakStreams" in value;
}
