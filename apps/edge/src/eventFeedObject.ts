import { createEventFeed, serveFeed, type FeedPosition } from "@miosa/gateway";
import type { DurableObjectState, Env } from "./platform.js";

const positionKey = "position";

/**
 * The Durable Object that holds the API's one event stream for all of the platform's users. It keeps its position in storage:
 * after an eviction or a restart it resumes there, and browsers whose own position it no longer knows are told to recheck.
 */
export class EventFeedObject {
  readonly #serve: (request: Request) => Promise<Response>;

  constructor(state: DurableObjectState, env: Env) {
    this.#serve = serveFeed(
      createEventFeed({
        apiKey: env.MIOSA_API_KEY,
        ...(env.MIOSA_BASE_URL && { upstream: env.MIOSA_BASE_URL }),
        fetch: (input, init) => fetch(input, init),
        store: {
          load: async () => toPosition(await state.storage.get(positionKey)),
          // Storage holds back answers until it is written, so nothing is lost by not waiting here.
          save: (position) => void state.storage.put(positionKey, [...position]),
        },
      }),
    );
  }

  fetch(request: Request): Promise<Response> {
    return this.#serve(request);
  }
}

function toPosition(value: unknown): FeedPosition {
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}
