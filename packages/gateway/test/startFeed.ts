import { expect, onTestFinished } from "vitest";
import { createGateway } from "../src/createGateway.js";
import type { GatewayOptions } from "../src/gatewayOptions.js";
import { toNodeListener } from "../src/node.js";
import { startFeedUpstream, type FeedUpstream } from "./feedUpstream.js";
import { follow, type Follower } from "./followFeed.js";
import { openServer } from "./servers.js";

/** A gateway on a real port before an API whose feed the test decides. A browser's cookie names its customer. */
export async function startFeed(options: Partial<GatewayOptions> = {}) {
  const upstream = await startFeedUpstream();
  onTestFinished(() => upstream.close());
  const gateway = createGateway({
    apiKey: "msk_p_key",
    upstream: upstream.baseUrl,
    authorize: (request) => {
      const workspace = request.headers.get("cookie");
      return workspace === null ? null : { externalWorkspaceId: workspace, can: ["read"] };
    },
    ...options,
  });
  const server = await openServer(toNodeListener(gateway));
  onTestFinished(() => server.close());
  onTestFinished(() => gateway.close());
  const url = `${server.baseUrl}/api/miosa/events/stream`;
  return {
    upstream,
    gateway,
    server,
    request: (workspace: string, lastEventId?: string, query = "") =>
      fetch(url + query, { headers: { cookie: workspace, ...(lastEventId && { "last-event-id": lastEventId }) } }),
    async browser(workspace: string, lastEventId?: string): Promise<Follower> {
      return follow(await this.request(workspace, lastEventId));
    },
  };
}

/** Resolves once so many streams of the upstream are open. */
export async function connected(upstream: FeedUpstream, count: number): Promise<void> {
  await expect.poll(() => upstream.open, { interval: 5 }).toBe(count);
}

/** Resolves once the upstream was asked for its stream a second time. */
export async function reconnected(upstream: FeedUpstream): Promise<void> {
  await expect.poll(() => upstream.resumedFrom, { interval: 5 }).toHaveLength(2);
}
