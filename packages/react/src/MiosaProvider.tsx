"use client";

import {
  createLiveFeed,
  createLiveSandboxes,
  createReadinessStore,
  type LiveFeed,
  type MiosaClient,
  type ReadinessStore,
  recordReadiness,
} from "@miosa/core";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactElement, type ReactNode, useContext, useEffect, useMemo } from "react";
import { memo } from "./memo.js";
import { forgetSandboxes, sandboxCacheOf } from "./sandboxCache.js";

/** Props of {@link MiosaProvider}. */
export interface MiosaProviderProps {
  /**
   * The client that all hooks below use. Make it once, outside of components. When it is replaced by another (someone else signed
   * in), all watches of the old one are closed and everything cached from it is dropped and asked for again.
   */
  client: MiosaClient;
  /** Query cache to use. @default the app's own, from `QueryClientProvider` */
  queryClient?: QueryClient | undefined;
  /** Live feed for lists, events and readiness, where it needs options, such as whose it is across tabs. @default one made for the client */
  liveFeed?: LiveFeed | undefined;
  children?: ReactNode;
}

interface Miosa {
  client: MiosaClient;
  queryClient: QueryClient;
  feed: LiveFeed;
  readiness: ReadinessStore;
  /** Keeps the query cache up to date by the feed's events until the returned function is called. */
  goLive: () => () => void;
}

const feeds = new WeakMap<MiosaClient, LiveFeed>();
const stores = new WeakMap<LiveFeed, ReadinessStore>();
const users = new WeakMap<QueryClient, MiosaClient>();
const MiosaContext = /* @__PURE__ */ createContext<Miosa | null>(null);

/** Gives all hooks below it their client and query cache. Opens no connection by itself. */
export function MiosaProvider({ client, queryClient: given, liveFeed, children }: MiosaProviderProps): ReactElement {
  const queryClient = useQueryClient(given);
  const miosa = useMemo(() => {
    const feed = liveFeed ?? memo(feeds, client, createLiveFeed);
    const readiness = memo(stores, feed, createReadinessStore);
    return { client, queryClient, feed, readiness, goLive: createLiveSandboxes(client, feed, () => sandboxCacheOf(queryClient)) };
  }, [client, queryClient, liveFeed]);
  useEffect(() => {
    if (memo(users, queryClient, () => client) !== client) void forgetSandboxes(queryClient);
    users.set(queryClient, client);
    return miosa.readiness.listen((id, snapshot) => recordReadiness(sandboxCacheOf(queryClient), id, snapshot));
  }, [miosa, client, queryClient]);
  return <MiosaContext.Provider value={miosa}>{children}</MiosaContext.Provider>;
}

/** What the provider gives. Throws when there is none above. */
export function useMiosa(): Miosa {
  const miosa = useContext(MiosaContext);
  if (miosa === null) throw new Error("Wrap the app in <MiosaProvider client={...}>.");
  return miosa;
}

/** The client of the provider above, for calls that have no hook. Throws when there is no provider. */
export function useMiosaClient(): MiosaClient {
  return useMiosa().client;
}
