import { isApiError, type LiveFeed, type MiosaClient, type MiosaEvent, matchesFilter, stateOfEvent } from "@miosa/core";
import type { QueryClient } from "@tanstack/react-query";
import { sandboxCacheOf } from "./sandboxCache.js";
import { sandboxKeys } from "./sandboxKeys.js";
import { moved, put, type SandboxChange } from "./sandboxRows.js";
import { inNextTask } from "./timers.js";

/** So many sandboxes that events speak of are asked for one by one; for more at once, the lists are. */
const askedAtOnce = 5;

/**
 * Keeps the sandboxes in the query cache up to date by the live feed's events, while anyone wants it: the returned function says
 * so, and what it returns takes it back. The feed keeps its connection for the rest of the task, for one who comes back at once.
 */
export function createLiveSandboxes(client: MiosaClient, queryClient: QueryClient, feed: LiveFeed): () => () => void {
  let users = 0;
  let leave: (() => void) | undefined;
  return () => {
    if (users++ === 0) leave = followSandboxes(client, queryClient, feed);
    return () => {
      if (--users === 0) leave?.();
    };
  };
}

function followSandboxes(client: MiosaClient, queryClient: QueryClient, feed: LiveFeed): () => void {
  const controller = new AbortController();
  const heard: MiosaEvent[] = [];
  /** Ids to ask for, and whether also when they are known. */
  const wanted = new Map<string, boolean>();
  let isAsking = false;
  let isFirst = feed.status().phase !== "open";

  function onEvent(event: MiosaEvent): void {
    if (heard.push(event) === 1) inNextTask(takeIn);
  }

  /** Takes in all events that came with one piece of the stream, so that each list changes once. */
  function takeIn(): void {
    const cache = sandboxCacheOf(queryClient);
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
    if (queryClient.isMutating({ mutationKey: sandboxKeys.create() }) > 0) return;
    const cache = sandboxCacheOf(queryClient);
    const ids = Array.from(wanted.keys()).filter((id) => wanted.get(id) === true || cache.find(id) === undefined);
    wanted.clear();
    isAsking = true;
    void (ids.length > askedAtOnce ? askForLists() : Promise.all(ids.map(askFor))).finally(() => {
      isAsking = false;
      askForWanted();
    });
  }

  async function askFor(id: string): Promise<void> {
    const cache = sandboxCacheOf(queryClient);
    const question = cache.ask();
    try {
      const sandbox = question.settle(await client.sandboxes.get(id, { signal: controller.signal }));
      cache.record(put(sandbox));
      cache.seed(sandbox);
    } catch (error) {
      const isGone = isApiError(error) && (error.status === 404 || error.status === 403);
      // The lists tell why, if asking them fails as well.
      if (!isGone && !controller.signal.aborted) await askForLists();
    }
  }

  function askForLists(): Promise<void> {
    return queryClient.invalidateQueries({ queryKey: sandboxKeys.lists() });
  }

  /**
   * Events may have been missed. Of the lists that were asked for before the feed first opened, only those that are stale anyway
   * are asked for again. Sandboxes on the page that stand in a list hear of it from there.
   */
  function onGap(): void {
    const cache = sandboxCacheOf(queryClient);
    if (isFirst) void queryClient.refetchQueries({ queryKey: sandboxKeys.lists(), type: "active", stale: true });
    else {
      void askForLists();
      void queryClient.invalidateQueries({
        queryKey: sandboxKeys.details(),
        predicate: ({ queryKey }) => !cache.inList(String(queryKey.at(-1))),
      });
    }
    isFirst = false;
  }

  const stops = [feed.onEvent(onEvent), feed.onGap(onGap), queryClient.getMutationCache().subscribe(askForWanted)];
  return () => {
    controller.abort();
    for (const stop of stops) stop();
  };
}
