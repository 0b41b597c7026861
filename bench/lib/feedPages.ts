import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { bundleSources } from "../../scripts/bundleSources.mjs";
import { chromiumArgs, findChromium } from "../../scripts/findChromium.mjs";
import type { WatchWay } from "./feedPage.js";
import { type SandboxServer, startSandboxServer } from "./sandboxServer.js";

/** How the ways are called in the tables. */
export const wayNames: Readonly<Record<WatchWay, string>> = {
  feed: "createLiveFeed",
  feedAlone: "createLiveFeed, each tab for itself",
  streams: "one stream each, by hand",
};

/** A server and a browser for it. */
export interface FeedStage extends AsyncDisposable {
  server: SandboxServer;
  browser: Browser;
}

/** Starts both. */
export async function openFeedStage(): Promise<FeedStage> {
  const script = await readFile(await bundleSources("bench/lib/feedPage.ts", { platform: "browser" }), "utf8");
  const server = await startSandboxServer();
  server.order({ kind: "page", script });
  const executablePath = findChromium();
  const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: chromiumArgs });
  return {
    server,
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.close();
    },
  };
}

/** Opens a page that can watch; see `FeedPage`. */
export async function openFeedPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/page`);
  await page.waitForFunction(() => "feedPage" in globalThis);
  return page;
}
