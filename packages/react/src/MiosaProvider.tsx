"use client";

import type { LiveFeed, MiosaClient, ReadinessSnapshot } from "@miosa/core";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactElement, type ReactNode, useContext, useEffect, useMemo } from "react";
import { type ReadinessStore, readinessStoreOf } from "./readinessStore.js";
import { type SandboxCache, sandboxCacheOf } from "./sandboxCache.js";
import { useForgetOtherClients } from "./useForgetOtherClients.js";

/** Props of {@link MiosaProvider}. */
export interface MiosaProviderProps {
  /**
   * The client that all hooks below use. Make it once, outside of components. When it is replaced by another (someone else signed
   * in), all watches of the old one are closed and everything cached from it is dropped and asked for again.
   */
  client: MiosaClient;
  /** Query cache to use. @default the app's own, from `QueryClientProvider` */
  queryClient?: QueryClient | undefined;
  /** Live feed that carries the readiness of all sandboxes, where it needs options, such as whose it is across tabs. @default one made for the client */
  liveFeed?: LiveFeed | undefined;
  children?: ReactNode;
}

interface Miosa {
  client: MiosaClient;
  queryClient: QueryClient;
  readiness: ReadinessStore;
}

const MiosaContext = /* @__PURE__ */ createContext<Miosa | null>(null);

/** Gives all hooks below it their client and query cache. Opens no connection by itself. */
export function MiosaProvider({ client, queryClient: given, liveFeed, children }: MiosaProviderProps): ReactElement {
  const queryClient = useQueryClient(given);
  const readiness = readinessStoreOf(client, liveFeed);
  const miosa = useMemo(() => ({ client, queryClient, readiness }), [client, queryClient, readiness]);
  useForgetOtherClients(client, queryClient);
  useEffect(() => readiness.listen((id, snapshot) => keepUp(sandboxCacheOf(queryClient), id, snapshot)), [readiness, queryClient]);
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

/** What a watch learns of a sandbox, its cached entries learn too. */
function keepUp(cache: SandboxCache, id: string, snapshot: ReadinessSnapshot): void {
  if (snapshot.phase === "ready") cache.booted(id, "running");
  if (snapshot.phase !== "failed") return;
  if (snapshot.error.code === "SANDBOX_FAILED") cache.booted(id, "error");
  if (snapshot.error.code === "SANDBOX_DESTROYED") cache.record({ type: "remove", id, state: "destroyed" });
}
