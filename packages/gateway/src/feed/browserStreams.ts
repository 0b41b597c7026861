import { owns, mayTouchId, type GatewaySession } from "../session.js";
import { startTimer } from "../timers.js";
import type { FeedEvent, FeedRequest } from "./eventFeed.js";
import { createTypeFilter } from "./eventTypes.js";

/** The open streams of all browsers. */
export interface BrowserStreams {
  /** Opens a stream that starts with `opening` and ends after `endsInMs`, or when the browser leaves. */
  open(request: FeedRequest, opening: (wants: (event: FeedEvent) => boolean) => readonly Uint8Array[], endsInMs: number): ReadableStream<Uint8Array>;
  /** Writes an event to the browsers of its owner, and to nobody else's. */
  deliver(event: FeedEvent): void;
  /** Writes a frame to every browser. */
  broadcast(frame: Uint8Array): void;
  closeAll(): void;
  /** How many streams the session's tenant has open. */
  countFor(session: GatewaySession): number;
  readonly size: number;
}

interface BrowserStream {
  session: GatewaySession;
  wants(event: FeedEvent): boolean;
  write(frame: Uint8Array): void;
  end(): void;
}

/** True when a session may see an event. */
function sees(session: GatewaySession, event: FeedEvent): boolean {
  return owns(session, event.owner) && mayTouchId(session, event.resourceId);
}

/** Keeps browsers' streams. One that leaves more than `slowReaderBytes` unread is cut off. `onEmpty` is called when the last has gone. */
export function createBrowserStreams(slowReaderBytes: number, onEmpty: () => void): BrowserStreams {
  // By workspace, so that an event costs what its own tenant has open, not what all have.
  const streams = new Map<string | undefined, Set<BrowserStream>>();
  let size = 0;

  function add(stream: BrowserStream): void {
    const key = stream.session.externalWorkspaceId;
    const set = streams.get(key) ?? new Set<BrowserStream>();
    streams.set(key, set.add(stream));
    size += 1;
  }

  function remove(stream: BrowserStream): void {
    const key = stream.session.externalWorkspaceId;
    const set = streams.get(key);
    if (!set?.delete(stream)) return;
    if (set.size === 0) streams.delete(key);
    size -= 1;
    if (size === 0) onEmpty();
  }

  return {
    open(request, opening, endsInMs) {
      const filter = createTypeFilter(request.types);
      let leave = (): void => {};
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            let isOpen = true;
            // What a browser has missed may be more than it may leave unread later.
            let openingBytes = 0;
            const stream: BrowserStream = {
              session: request.session,
              wants: (event) => sees(request.session, event) && filter(event.type),
              write(frame) {
                if (!isOpen) return;
                if ((controller.desiredSize ?? 0) + openingBytes < frame.byteLength) {
                  leave();
                  return controller.error(new Error("This browser reads too slowly."));
                }
                controller.enqueue(frame);
              },
              end() {
                if (!isOpen) return;
                leave();
                controller.close();
              },
            };
            const timer = startTimer(endsInMs, () => stream.end());
            const onGone = (): void => stream.end();
            leave = () => {
              if (!isOpen) return;
              isOpen = false;
              timer.stop();
              request.signal.removeEventListener("abort", onGone);
              remove(stream);
              request.onClose();
            };
            add(stream);
            for (const frame of opening((event) => stream.wants(event))) {
              openingBytes += frame.byteLength;
              stream.write(frame);
            }
            if (request.signal.aborted) onGone();
            else request.signal.addEventListener("abort", onGone, { once: true });
          },
          cancel() {
            leave();
          },
        },
        { highWaterMark: slowReaderBytes, size: (frame: Uint8Array) => frame.byteLength },
      );
    },
    deliver(event) {
      // Under undefined stand the platform's own staff, who see everything; nobody owns an event without a workspace.
      for (const key of new Set([event.owner.externalWorkspaceId, undefined])) {
        for (const stream of streams.get(key) ?? []) {
          if (stream.wants(event)) stream.write(event.frame);
        }
      }
    },
    broadcast(frame) {
      for (const set of streams.values()) {
        for (const stream of set) stream.write(frame);
      }
    },
    closeAll() {
      for (const set of [...streams.values()]) {
        for (const stream of [...set]) stream.end();
      }
    },
    countFor: (session) => streams.get(session.externalWorkspaceId)?.size ?? 0,
    get size() {
      return size;
    },
  };
}
