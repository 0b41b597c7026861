import { createMiosaClient } from "@miosa/core";

/** A way of waiting until a sandbox is ready. */
export type Wait = (id: string) => Promise<void>;

/** The ways that every runtime has. `credential` differs between a server and a page. */
export function createWaits(baseUrl: string, credential: { apiKey: string } | { token: string }): Record<"ours" | "rawStream" | "poll10" | "poll1000", Wait> {
  const miosa = createMiosaClient({ baseUrl, ...credential });
  const authorization = `Bearer ${"apiKey" in credential ? credential.apiKey : credential.token}`;
  const url = (id: string): string => `${baseUrl}/sandboxes/${id}/readiness`;

  /** As one writes it by hand: no fallback, no deadline, no abort, no check of what is in between. */
  async function rawStream(id: string): Promise<void> {
    const response = await fetch(`${url(id)}/stream`, { headers: { authorization, accept: "text/event-stream" } });
    if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}`);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The stream ended early");
      text += decoder.decode(value, { stream: true });
      if (!/^event: ready\n/m.test(text)) continue;
      void reader.cancel();
      return;
    }
  }

  async function poll(id: string, pauseMs: number): Promise<void> {
    for (;;) {
      const response = await fetch(url(id), { headers: { authorization, accept: "application/json" } });
      const body: unknown = await response.json();
      if (saysReady(body)) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  return {
    async ours(id) {
      if (!(await miosa.sandboxes.waitUntilReady(id))) throw new Error("Not ready in time");
    },
    rawStream,
    poll10: (id) => poll(id, 10),
    poll1000: (id) => poll(id, 1_000),
  };
}

function saysReady(body: unknown): boolean {
  if (typeof body !== "object" || body === null || !("data" in body)) return false;
  const { data } = body;
  return typeof data === "object" && data !== null && "ready" in data && data.ready === true;
}

/** When a wait came to its end, on the caller's clock. */
export interface WaitEnd {
  way: string;
  id: string;
  atMs: number;
}

/** Lets the ways take turns, in the other order each round, one wait at a time. The first tenth of the rounds is not counted. */
export async function takeTurns(waits: ReadonlyMap<string, Wait>, options: { rounds: number; prefix: string; nowMs: () => number }): Promise<WaitEnd[]> {
  const { rounds, prefix, nowMs } = options;
  const ends: WaitEnd[] = [];
  for (let round = -Math.ceil(rounds / 10); round < rounds; round += 1) {
    const turns = round % 2 === 0 ? [...waits] : [...waits].toReversed();
    for (const [way, wait] of turns) {
      const id = `${prefix}-${way}-${round}`;
      await wait(id);
      const atMs = nowMs();
      if (round >= 0) ends.push({ way, id, atMs });
    }
  }
  return ends;
}

/** Many waits of one way at the same time, for ways that do nothing for most of the time. */
export async function allAtOnce(way: string, wait: Wait, options: { count: number; prefix: string; nowMs: () => number }): Promise<WaitEnd[]> {
  const { count, prefix, nowMs } = options;
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const id = `${prefix}-${way}-${index}`;
      await wait(id);
      return { way, id, atMs: nowMs() };
    }),
  );
}
