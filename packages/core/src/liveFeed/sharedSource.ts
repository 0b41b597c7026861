import { isRecord } from "../guards.js";
import type { MiosaEvent } from "../events/types.js";
import { startTimer, type Timer } from "../timers.js";
import { createDirectSource, type DirectSourceOptions, type FeedSource, type FeedSourceEvents } from "./feedSource.js";
import type { FeedClient, LiveFeedRole } from "./types.js";

/** How often the leader shows that it is alive, in milliseconds. */
const pulseMs = 5_000;
/** A leader that shows nothing for this long is frozen, and loses the lead, in milliseconds. */
const silentLeaderMs = 16_000;

type Phase = "connecting" | "open" | "lost" | "unavailable";

/** What tabs tell each other. No credential is ever among it. */
type TabMessage =
  | { kind: "hello" }
  | { kind: "pulse"; phase: Phase; lastEventId: string }
  | { kind: "phase"; phase: Phase; lastEventId: string }
  | { kind: "event"; event: MiosaEvent };

/** Options of a shared source. */
export interface SharedSourceOptions extends DirectSourceOptions {
  /** Names the signed-in user, where the client's own credential does not. */
  key: string | undefined;
}

/**
 * A source that shares one connection among all tabs of a browser that use the same credential. A Web Lock elects the tab
 * that holds it; the others hear the events over a BroadcastChannel. When the leader closes, navigates or freezes, the next
 * one continues after the last event that it heard. Without the two APIs, or without a credential to go by, each tab is alone.
 */
export function createSharedSource(client: FeedClient, on: FeedSourceEvents, options: SharedSourceOptions): FeedSource {
  let running: AbortController | undefined;

  async function run(controller: AbortController): Promise<void> {
    const name = await channelName(client, options.key);
    if (controller.signal.aborted) return;
    const tab = name === undefined ? createDirectSource(client, on, options) : createTab(client, on, options, name);
    controller.signal.addEventListener("abort", () => tab.stop(), { once: true });
    tab.start();
  }

  return {
    start() {
      if (running) return;
      running = new AbortController();
      void run(running);
    },
    stop() {
      running?.abort();
      running = undefined;
    },
  };
}

/** Name of the lock and channel; undefined where tabs cannot or must not share. */
async function channelName(client: FeedClient, key: string | undefined): Promise<string | undefined> {
  if (typeof BroadcastChannel === "undefined" || typeof document === "undefined" || !("locks" in navigator)) return undefined;
  const identity = await client.identity(key);
  return identity === undefined ? undefined : `miosa-feed:${identity}`;
}

/** One tab among those that share: it waits for the lock, and follows until it has it. */
function createTab(client: FeedClient, on: FeedSourceEvents, options: DirectSourceOptions, name: string): FeedSource {
  const life = new AbortController();
  const channel = new BroadcastChannel(name);
  let lastEventId = options.lastEventId ?? "";
  let phase: Phase = "connecting";
  let heardPhase: Phase | undefined;
  let lead: FeedSource | undefined;
  let watchdog: Timer | undefined;
  let pulse: Timer | undefined;

  function post(message: TabMessage): void {
    channel.postMessage(message);
  }

  function setPhase(next: Phase): void {
    phase = next;
    post({ kind: "phase", phase, lastEventId });
  }

  // --- following -----------------------------------------------------------------------------------------------------

  function onMessage({ data }: MessageEvent<unknown>): void {
    const message = readMessage(data);
    if (!message) return;
    if (lead) {
      if (message.kind === "hello") post({ kind: "pulse", phase, lastEventId });
      return;
    }
    if (message.kind === "hello") return;
    watchLeader();
    if (message.kind === "event") {
      lastEventId = message.event.eventId || lastEventId;
      on.onEvent(message.event);
      return;
    }
    lastEventId = message.lastEventId || lastEventId;
    // A phase that the leader announces is news even if it is the same: it may have reopened. A pulse only repeats it.
    if (message.kind === "phase" || message.phase !== heardPhase) follow(message.phase);
  }

  function follow(next: Phase): void {
    heardPhase = next;
    if (next === "open") on.onOpen();
    else if (next === "lost") on.onLost();
    else if (next === "unavailable") on.onUnavailable();
  }

  function watchLeader(): void {
    watchdog?.stop();
    // Jitter, so that not all followers reach for the lead at once.
    watchdog = startTimer(silentLeaderMs * (1 + Math.random() / 4), () => {
      // A hidden tab's timers run late, and so may a hidden leader's pulse: only a tab that somebody looks at takes over.
      if (document.visibilityState === "hidden") watchLeader();
      else void takeLead({ steal: true });
    });
  }

  // --- leading -------------------------------------------------------------------------------------------------------

  /** Waits for the lead, or takes it from a frozen tab, and keeps it for as long as this tab lives or until it is taken. */
  async function takeLead(how: { steal: boolean }): Promise<void> {
    let wasGranted = false;
    try {
      const request: LockOptions = how.steal ? { steal: true } : { signal: life.signal };
      await navigator.locks.request(name, request, () => {
        wasGranted = true;
        return life.signal.aborted ? undefined : holdLead("leader");
      });
    } catch {
      if (life.signal.aborted) return; // closing, which ends everything
      // Locks are refused here, such as in a sandboxed frame: asking again would be refused for ever, so this tab goes alone.
      if (!wasGranted) return holdLead("alone");
      // Another tab took the lead: this one is a follower again and queues up.
      endLead();
      on.onRole("follower");
      on.onLost();
      watchLeader();
      void takeLead({ steal: false });
    }
  }

  async function holdLead(role: LiveFeedRole): Promise<void> {
    watchdog?.stop();
    heardPhase = undefined;
    lead = createDirectSource(
      client,
      {
        onOpen() {
          setPhase("open");
          on.onOpen();
        },
        onLost() {
          setPhase("lost");
          on.onLost();
        },
        onUnavailable() {
          setPhase("unavailable");
          on.onUnavailable();
        },
        onEvent(event) {
          lastEventId = event.eventId || lastEventId;
          post({ kind: "event", event });
          on.onEvent(event);
        },
        onRole: () => on.onRole(role),
      },
      { ...options, lastEventId },
    );
    lead.start();
    showPulse();
    await new Promise<void>((resolve) => life.signal.addEventListener("abort", () => resolve(), { once: true }));
    endLead();
  }

  function showPulse(): void {
    post({ kind: "pulse", phase, lastEventId });
    pulse = startTimer(pulseMs, showPulse);
  }

  function endLead(): void {
    pulse?.stop();
    lead?.stop();
    lead = undefined;
    phase = "connecting";
  }

  return {
    start() {
      channel.addEventListener("message", onMessage);
      on.onRole("follower");
      watchLeader();
      post({ kind: "hello" });
      void takeLead({ steal: false });
    },
    stop() {
      life.abort();
      watchdog?.stop();
      endLead();
      channel.removeEventListener("message", onMessage);
      channel.close();
    },
  };
}

function readMessage(data: unknown): TabMessage | undefined {
  if (!isRecord(data)) return undefined;
  const { kind, phase, lastEventId, event } = data;
  if (kind === "hello") return { kind };
  if (kind === "event" && isEvent(event)) return { kind, event };
  if ((kind === "pulse" || kind === "phase") && isPhase(phase) && typeof lastEventId === "string") {
    return { kind, phase, lastEventId };
  }
  return undefined;
}

function isPhase(value: unknown): value is Phase {
  return value === "connecting" || value === "open" || value === "lost" || value === "unavailable";
}

function isEvent(value: unknown): value is MiosaEvent {
  return isRecord(value) && typeof value["type"] === "string" && typeof value["resourceId"] === "string" && typeof value["eventId"] === "string";
}
