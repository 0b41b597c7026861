import type { LiveFeed, ReadinessPhase, Watch } from "@miosa/core";
import type { FeedOrigin } from "./feedOrigin.js";
import { feedScheduleEndMs, type FeedSchedule } from "./feedSchedule.js";
import { pauseMs } from "./until.js";

/** Where the visitors of a feed are, and where they tell what they see. */
export interface Scene {
  feed: LiveFeed;
  origin: FeedOrigin;
  schedule: FeedSchedule;
  note: (text: string) => void;
  find: (text: string) => void;
}

/** Everyone who watches sandboxes or listens to events in a run. */
export interface FeedVisitors {
  /** Resolves once all that was to be learned is, to the number of sandboxes that are known to be ready. */
  readonly known: Promise<number>;
  /** Sandboxes that became ready without an event or, later, a gap for the one who listens. */
  unheard(): string[];
  leave(): void;
}

const rank = { connecting: 0, booting: 1, ready: 2, timedOut: 2, failed: 2 };
const longestMs = 30_000;

/** Lets them come, and go and come back, as scheduled. */
export function visitFeed(scene: Scene): FeedVisitors {
  const { feed, origin, schedule } = scene;
  const watches: Watch[] = [];
  const heard = new Set<string>();
  let lastGapMs = 0;
  let stopListening = (): void => undefined;
  feed.onGap(() => (lastGapMs = performance.now()));

  async function listen(): Promise<void> {
    if (!schedule.listener) return;
    const { away } = schedule.listener;
    const start = (): void => {
      stopListening = feed.onEvent(({ type, resourceId }) => {
        if (type === "sandbox.ready") heard.add(resourceId);
      });
    };
    start();
    if (!away) return;
    await pauseMs(away.atMs);
    stopListening();
    await pauseMs(away.forMs);
    start();
  }

  async function watchAll(): Promise<number> {
    const phases = await Promise.all([listen(), ...schedule.sandboxes.map((sandbox) => watchOne(scene, sandbox, watches))]);
    return phases.filter((phase) => phase === "ready").length;
  }

  return {
    known: watchAll(),
    unheard() {
      if (!schedule.listener) return [];
      return Array.from(origin.readyAtMs).flatMap(([id, atMs]) => (heard.has(id) || lastGapMs > atMs ? [] : [id]));
    },
    leave() {
      stopListening();
      for (const watch of watches) watch.close();
    },
  };
}

/** Watches one sandbox until it is ready, or for as long as it takes to be sure that it stays as it is. */
async function watchOne(scene: Scene, { id, readyAtMs, watchedAtMs, away }: FeedSchedule["sandboxes"][number], watches: Watch[]): Promise<ReadinessPhase> {
  const { origin, schedule, find } = scene;
  await pauseMs(watchedAtMs);
  if (away && away.atMs > watchedAtMs) {
    const early = follow(scene, id);
    await pauseMs(away.atMs - watchedAtMs);
    early.close();
    await pauseMs(away.forMs);
  }
  const limitMs = readyAtMs === undefined ? feedScheduleEndMs(schedule) : longestMs;
  let timer: NodeJS.Timeout | undefined;
  const watch = await new Promise<Watch>((resolve) => {
    const opened = follow(scene, id, (phase) => {
      if (phase === "ready") resolve(opened);
    });
    watches.push(opened);
    timer = setTimeout(() => resolve(opened), limitMs);
    if (opened.get().phase === "ready") resolve(opened);
  });
  clearTimeout(timer);
  const { phase } = watch.get();
  if (phase === "ready" && !origin.readyAtMs.has(id)) find(`${id} is ready, though the server never said so`);
  if (phase !== "ready" && readyAtMs !== undefined) find(`missed that ${id} is ready: ${phase}`);
  if (phase === "failed" || phase === "timedOut") find(`${id} ended as ${phase} for no reason`);
  return phase;
}

/** Opens a watch that never may go a step back. */
function follow({ feed, note, find }: Scene, id: string, onPhase?: (phase: ReadinessPhase) => void): Watch {
  const watch = feed.watch(id);
  let before: ReadinessPhase = watch.get().phase;
  watch.onChange(() => {
    const { phase, source } = watch.get();
    note(`${id}: ${phase} by ${source}`);
    if (rank[phase] < rank[before]) find(`${id} went back from ${before} to ${phase}`);
    before = phase;
    onPhase?.(phase);
  });
  return watch;
}
