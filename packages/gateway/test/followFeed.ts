import { createParser } from "eventsource-parser";

/** A browser on the event feed. */
export interface Follower {
  /** The next event, as `id type resource`. Rejects when the stream has ended. */
  next(): Promise<string>;
  lastEventId(): string | undefined;
  leave(): Promise<void>;
}

/** Follows the feed of a gateway, or of a feed itself. */
export function follow(response: Response): Follower {
  if (response.status !== 200 || !response.body) throw new Error(`The feed answered ${response.status}.`);
  const queue: string[] = [];
  let lastId: string | undefined;
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      lastId = id ?? lastId;
      queue.push(`${id?.startsWith("recheck") ? "recheck" : id} ${event} ${/"id":"([^"]*)"/.exec(data)?.[1]}`);
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  return {
    async next() {
      while (queue.length === 0) {
        const { done, value } = await reader.read();
        if (done) throw new Error("The feed has ended.");
        parser.feed(decoder.decode(value, { stream: true }));
      }
      return queue.shift() ?? "";
    },
    lastEventId: () => lastId,
    leave: () => reader.cancel(),
  };
}
