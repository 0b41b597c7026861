import { isMiosaError, type LiveFeed, type MiosaClient, type ReadinessSnapshot, type WatchReadinessOptions } from "@miosa/core";

/** What to watch: one sandbox, in one way. Watchers that ask for the same share one watch. */
export interface ReadinessWatch extends Pick<WatchReadinessOptions, "timeoutMs" | "stream" | "pollIntervalMs" | "idleTimeoutMs"> {
  id: string;
}

/** A watch that is open. */
export interface OpenWatch {
  /** Starts the wait over, with a new deadline. */
  restart(): void;
  /** Ends it and closes what it opened. Nothing is shown afterwards. */
  close(): void;
}

/** Where readiness comes from: opens a watch that calls `show` with each new state. */
export type OpenReadiness = (watch: ReadinessWatch, show: (snapshot: ReadinessSnapshot) => void) => OpenWatch;

/** The live feed for watches that leave it to us how; a watch that says how has its own stream or polls. */
export function readinessOf(client: Pick<MiosaClient, "sandboxes">, feed: Pick<LiveFeed, "watch" | "retry">): OpenReadiness {
  const [shared, alone] = [fromLiveFeed(feed), fromOwnStreams(client)];
  return (watch, show) => {
    const saysHow = watch.stream !== undefined || watch.pollIntervalMs !== undefined || watch.idleTimeoutMs !== undefined;
    return (saysHow ? alone : shared)(watch, show);
  };
}

/** All sandboxes over the connection that the live feed shares between them; those of one id share its deadline too. `createLiveFeed` */
function fromLiveFeed(feed: Pick<LiveFeed, "watch" | "retry">): OpenReadiness {
  return ({ id, timeoutMs }, show) => {
    const watch = feed.watch(id, { timeoutMs });
    watch.onChange(() => show(watch.get()));
    show(watch.get());
    return { restart: () => feed.retry(id), close: () => watch.close() };
  };
}

/** Each sandbox over a stream of its own, or by polling. `sandboxes.watchReadiness` */
function fromOwnStreams(client: Pick<MiosaClient, "sandboxes">): OpenReadiness {
  return (watch, show) => {
    let current = new AbortController();
    void follow(client, watch, show, current.signal);
    return {
      restart() {
        current.abort();
        current = new AbortController();
        void follow(client, watch, show, current.signal);
      },
      close: () => current.abort(),
    };
  };
}

async function follow(
  client: Pick<MiosaClient, "sandboxes">,
  { id, ...options }: ReadinessWatch,
  show: (snapshot: ReadinessSnapshot) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const snapshot of client.sandboxes.watchReadiness(id, { ...options, signal })) {
      if (signal.aborted) return;
      show(snapshot);
    }
  } catch (error) {
    if (!signal.aborted) show(failure(error));
  }
}

/** The state of a watch that could not be opened because an argument is not allowed. Any other error is a bug and thrown on. */
export function failure(error: unknown): ReadinessSnapshot {
  if (!isMiosaError(error)) throw error;
  return { phase: "failed", source: "stream", startedAtMs: Date.now(), elapsedMs: 0, error };
}
