import type { Page } from "playwright";

/** Begins to keep every byte that a page's own scripts receive by `fetch`, streams included. Call it before the page is opened. */
export async function recordReceived(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const received: string[] = [];
    Reflect.set(globalThis, "receivedBytes", received);
    const original = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      const response = await original(input, init);
      received.push(JSON.stringify([...response.headers]));
      void keep(response.clone());
      return response;
    };

    async function keep(copy: Response): Promise<void> {
      const index = received.push("") - 1;
      const decoder = new TextDecoder();
      const reader = copy.body?.getReader();
      try {
        for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
          received[index] += decoder.decode(piece.value, { stream: true });
        }
      } catch {
        // the page gave the request up: what came until then is kept
      }
    }
  });
}

/** Everything that the page has received since it was loaded, and what it holds now. */
export async function readReceived(page: Page): Promise<string> {
  return page.evaluate(() => {
    const received: unknown = Reflect.get(globalThis, "receivedBytes");
    if (!Array.isArray(received)) throw new Error("Nothing was recorded on this page");
    const kept = [Object.entries(localStorage), Object.entries(sessionStorage), document.documentElement.outerHTML];
    return [...received, JSON.stringify(kept)].join("\n");
  });
}
