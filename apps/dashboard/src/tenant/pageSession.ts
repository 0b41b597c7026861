import { createLiveFeed, createMiosaClient, type LiveFeed, type MiosaClient } from "@miosa/core";
import { QueryClient } from "@tanstack/react-query";
import type { Tenant } from "./tenant.js";

/** Where the gateway answers, on the page's own origin. It holds the key; this page never sees one. */
const apiUrl = "/api/miosa";

/** Everything that belongs to one signed-in user and must not outlive their session: client, cache and live feed. */
export interface PageSession {
  tenant: Tenant;
  client: MiosaClient;
  queryClient: QueryClient;
  liveFeed: LiveFeed;
  /** Closes every connection and forgets what was cached. */
  close: () => void;
}

/** Starts a session of the page; nothing is asked yet. */
export function openPageSession(tenant: Tenant): PageSession {
  // The page asks again by itself and shows what went wrong meanwhile, so the client tries each request once.
  const client = createMiosaClient({ baseUrl: apiUrl, retries: 0 });
  const queryClient = new QueryClient();
  // Tabs share one stream only where it is known that the same user is signed in to all of them.
  const key = userKey(tenant);
  const liveFeed = createLiveFeed(client, { acrossTabs: key === null ? false : { key }, lingerMs: 5_000 });
  return {
    tenant,
    client,
    queryClient,
    liveFeed,
    close: () => {
      liveFeed.close();
      queryClient.clear();
    },
  };
}

/** Names who is signed in, so that two users never share anything; null where the server does not say. */
export function userKey({ externalWorkspaceId, user }: Tenant): string | null {
  return user === null ? null : JSON.stringify([externalWorkspaceId, user.id, user.name]);
}
