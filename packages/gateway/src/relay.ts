import type { RouteKind } from "@miosa/protocol";
import { startTimer, type Deadline, type Timer } from "./timers.js";

/** Types of bytes that a browser may show. Anything else could be a page that runs script on the platform's origin. */
const harmlessTypes = new Set(["image/png", "image/jpeg", "image/webp"]);

/** How an answer's body is passed on. */
export interface RelayOptions {
  kind: RouteKind;
  /** Holds the upstream request; aborted when the browser leaves. */
  deadline: Deadline;
  /** Called once, when the body has ended in whatever way. */
  onClose: () => void;
  /** Closes a body that is silent for this long, in milliseconds. */
  idleMs: number;
}

/** Passes an answer of the API on: its status, its body as it comes, and nothing of its headers but the type and name. */
export function relay(upstream: Response, options: RelayOptions): Response {
  const headers = new Headers();
  const given = upstream.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (options.kind === "json") headers.set("content-type", "application/json");
  if (options.kind === "sse") {
    headers.set("content-type", "text/event-stream");
    headers.set("x-accel-buffering", "no");
  }
  if (options.kind === "bytes") {
    headers.set("content-type", harmlessTypes.has(given) ? given : "application/octet-stream");
    headers.set("content-disposition", attachment(upstream.headers.get("content-disposition")));
    headers.set("content-security-policy", "sandbox; default-src 'none'");
    const length = upstream.headers.get("content-length");
    if (length !== null && /^\d{1,15}$/.test(length) && !upstream.headers.has("content-encoding")) {
      headers.set("content-length", length);
    }
  }
  if (!upstream.body) {
    options.onClose();
    return new Response(null, { status: upstream.status, headers });
  }
  return new Response(relayBody(upstream.body, options), { status: upstream.status, headers });
}

/** Keeps the file's name if it is a plain one. */
function attachment(disposition: string | null): string {
  const name = /filename="?([\w. -]{1,128})"?/.exec(disposition ?? "")?.[1];
  return name ? `attachment; filename="${name}"` : "attachment";
}

/** A body that is read from upstream only as fast as the browser takes it, and cancelled there when the browser leaves. */
function relayBody(upstream: ReadableStream<Uint8Array>, options: RelayOptions): ReadableStream<Uint8Array> {
  const reader = upstream.getReader();
  let isClosed = false;
  let idle: Timer | undefined;
  const close = (): void => {
    idle?.stop();
    if (isClosed) return;
    isClosed = true;
    options.onClose();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        idle = startTimer(options.idleMs, () => options.deadline.abort(new DOMException("The stream fell silent.", "TimeoutError")));
        try {
          const { done, value } = await reader.read();
          idle.stop();
          if (!done) return controller.enqueue(value);
          controller.close();
          close();
        } catch (error) {
          controller.error(error);
          close();
        }
      },
      async cancel(reason) {
        close();
        options.deadline.abort();
        await reader.cancel(reason).catch(() => {}); // aborted just above
      },
    },
    { highWaterMark: 0 },
  );
}
