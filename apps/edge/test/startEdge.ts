import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare, type MiniflareOptions } from "miniflare";
import { bundleWorker } from "./bundleWorker.js";

/** The Worker in workerd, with its Durable Object and files. */
export interface Edge {
  url: string;
  /** Stops workerd and starts it again, as an eviction of everything does. Storage stays. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the Worker. `bindings` are its variables and secrets. */
export async function startEdge(bindings: Record<string, string>): Promise<Edge> {
  const folder = await mkdtemp(join(tmpdir(), "miosa-edge-"));
  const assets = join(folder, "assets");
  await mkdir(assets);
  await writeFile(join(assets, "index.html"), "<!doctype html><title>dashboard</title>");
  const options: MiniflareOptions = {
    modules: true,
    script: await bundleWorker(),
    compatibilityDate: "2026-04-20",
    compatibilityFlags: ["enable_request_signal"],
    bindings,
    durableObjects: { FEED: { className: "EventFeedObject", useSQLite: true } },
    durableObjectsPersist: join(folder, "objects"),
    assets: { directory: assets, binding: "ASSETS", routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true }, assetConfig: { not_found_handling: "single-page-application" } },
  };
  let miniflare = new Miniflare(options);
  const edge: Edge = {
    url: (await miniflare.ready).origin,
    async restart() {
      await miniflare.dispose();
      miniflare = new Miniflare(options);
      edge.url = (await miniflare.ready).origin;
    },
    async close() {
      await miniflare.dispose();
      await rm(folder, { recursive: true });
    },
  };
  return edge;
}
