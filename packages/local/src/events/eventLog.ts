import { randomBytes } from "node:crypto";
import type { WireEvent } from "@miosa/protocol";

/** An event with the id of its frame. Ids grow within one server; another server's ids are unknown to it. */
export interface LoggedEvent {
  readonly eventId: string;
  readonly event: WireEvent;
}

/** The events of all tenants, each tenant's apart from the others'. */
export interface EventLog {
  publish(tenantId: string, event: WireEvent): void;
  /** Publishes one event for each item. Where nobody listens, only those are made that would still be kept afterwards. */
  publishEach<Item>(tenantId: string, items: readonly Item[], toEvent: (item: Item) => WireEvent): void;
  /** The events of a tenant that are still kept, oldest first. */
  kept(tenantId: string): readonly LoggedEvent[];
  /**
   * Calls `listener` with each event of a tenant from now on, after those since `lastEventId` where that id is still
   * kept. The returned function ends it.
   */
  subscribe(tenantId: string, lastEventId: string | undefined, listener: (logged: LoggedEvent) => void): () => void;
}

/** How far back a client can resume. Contract 5.3. */
const kept = { events: 1_000, ageMs: 10 * 60_000 } as const;

interface TenantEvents {
  readonly ring: { readonly logged: LoggedEvent; readonly at: number }[];
  readonly listeners: Set<(logged: LoggedEvent) => void>;
}

export function createEventLog(now: () => number): EventLog {
  const run = randomBytes(5).toString("hex");
  const tenants = new Map<string, TenantEvents>();
  let sequence = 0;

  function of(tenantId: string): TenantEvents {
    const found = tenants.get(tenantId) ?? { ring: [], listeners: new Set() };
    tenants.set(tenantId, found);
    return found;
  }

  function forgetOld(ring: TenantEvents["ring"]): void {
    const oldest = now() - kept.ageMs;
    while (ring.length > kept.events || (ring[0] && ring[0].at < oldest)) ring.shift();
  }

  function publish(tenantId: string, event: WireEvent): void {
    const { ring, listeners } = of(tenantId);
    sequence += 1;
    const logged = { eventId: `evt_${run}_${String(sequence).padStart(12, "0")}`, event };
    ring.push({ logged, at: now() });
    forgetOld(ring);
    for (const listener of listeners) listener(logged);
  }

  return {
    publish,
    publishEach(tenantId, items, toEvent) {
      const shown = of(tenantId).listeners.size > 0 ? items : items.slice(-kept.events);
      for (const item of shown) publish(tenantId, toEvent(item));
    },
    kept(tenantId) {
      const { ring } = of(tenantId);
      forgetOld(ring);
      return ring.map(({ logged }) => logged);
    },
    subscribe(tenantId, lastEventId, listener) {
      const { ring, listeners } = of(tenantId);
      forgetOld(ring);
      const last = ring.findIndex(({ logged }) => logged.eventId === lastEventId);
      if (last >= 0) for (const { logged } of ring.slice(last + 1)) listener(logged);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
