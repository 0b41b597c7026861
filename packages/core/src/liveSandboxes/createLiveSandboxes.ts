import type { MiosaClient } from "../client.js";
import { matchesFilter } from "../computers/listComputers.js";
import { isApiError } from "../errors.js";
import type { MiosaEvent } from "../events/types.js";
import { stateOfEvent } from "../liveFeed/stateOfEvent.js";
import type { LiveFeed } from "../liveFeed/types.js";
import { startTimer } from "../timers.js";
import { moved, put } from "./sandboxChanges.js";
import type { SandboxCache, SandboxChange } from "./types.js";

/** So many sandboxes that events speak of are asked for one by one; for more at once, the lists are. */
const askedAtOnce = 5;

/**
 * Keeps stored sandboxes up to date by the live feed's events, while anyone wants it: the returned function says so, and what it
 * returns takes it back. `cacheNow` tells the
 * cache to write to, which changes when someone else signs in. Contract 5.3.
 */
export function createLiveSandboxes(client: Pick<MiosaClient, "sandboxes">, feed: LiveFeed, cacheNow: () => SandboxCache): () => () => void {
  let users = 0;
  let leave: (() => void) | undefined;
  return () => {
    if (users++ === 0) leave = followSandboxes(client, feed, cacheNow);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      if (--users === 0) leave?.();
    };
  };
}

function followSandboxes(client: Pick<MiosaClient, "sandboxes">, feed: LiveFeed, cacheNow: () => SandboxCache): () => void {
  const controller = new AbortController();
  const heard: MiosaEvent[] = [];
  /** Ids to ask for, and whether also when they are known. */
  const wanted = new Map<string, boolean>();
  let isAsking = false;
  const { phase } = feed.status();
  let isFirst = phase === "idle" || phase === "connecting";

  function onEvent(event: MiosaEvent): void {
    if (heard.push(event) === 1) startTimer(0, takeIn);
  }

  /** Takes in all events that came with one piece of the stream, so that each list changes once. */
  function takeIn(): void {
    const cache = cacheNow();
    const filters = cache.filters();
    const changes: SandboxChange[] = [];
    for (const event of heard.splice(0)) {
      const id = event.resourceId;
      const state = stateOfEvent(event);
      const isKnown = cache.find(id) !== undefined;
      if (state) changes.push(moved(id, state, event.at));
      // Attributes that the event does not tell are taken to match: asking for the sandbox will tell.
      const concerns = !state || filters.some((filter) => matchesFilter({ ...filter, ...event, ...state }, filter));
      if (isKnown ? !state : concerns && state?.state !== "destroyed") wanted.set(id, isKnown || wanted.get(id) === true);
    }
    cache.record(...changes);
    askForWanted();
  }

  /** Waits while a create is on its way: its sandbox already has a row, and would get a second one. */
  function askForWanted(): void {
    if (isAsking || wanted.size === 0 || controller.signal.aborted) return;
    const cache = cacheNow();
    isAsking = true;
    void (cache.created() ?? askFor(cache)).finally(() => {
      isAsking = false;
      askForWanted();
    });
  }

  function askFor(cache: SandboxCache): Promise<unknown> {
    const ids = Array.from(wanted.keys()).filter((id) => wanted.get(id) === true || cache.find(id) === undefined);
    wanted.clear();
    return ids.length > askedAtOnce ? refresh("lists", cache) : Promise.all(ids.map((id) => askForOne(cache, id)));
  }

  async function askForOne(cache: SandboxCache, id: string): Promise<void> {
    const question = cache.ask();
    try {
      const sandbox = question.one(await client.sandboxes.get(id, { signal: controller.signal }));
      cache.record(put(sandbox));
      cache.add(sandbox);
    } catch (error) {
      const isGone = isApiError(error) && (error.status === 404 || error.status === 403);
      // The lists tell why, if asking them fails as well.
      if (!isGone && !controller.signal.aborted) await refresh("lists", cache);
    }
  }

  async function refresh(what: Parameters<SandboxCache["refresh"]>[0], cache: SandboxCache): Promise<void> {
    try {
      await cache.refresh(what);
    } catch {
      // Whoever keeps the lists knows and shows why they could not be asked for; they are asked for again after the next gap.
    }
  }

  /** Events may have been missed. Of the lists that were asked for before the feed first opened, only stale ones are asked for again. */
  function onGap(): void {
    void refresh(isFirst ? "staleLists" : "all", cacheNow());
    isFirst = false;
  }

  const stops = [feed.onEvent(onEvent), feed.onGap(onGap)];
  return () => {
    controller.abort();
    for (const stop of stops) stop();
  };
}
