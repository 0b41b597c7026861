import type { MiddlewareHandler } from "hono";
import type { FaultSource } from "../faults.js";
import { sleep, untilAborted } from "../timers.js";
import { type OpenStreams, openEventStream } from "./eventStream.js";
import { HttpProblem } from "./httpProblem.js";
import type { LocalContext, LocalEnv } from "./localEnv.js";
import { whileConnected } from "./whileConnected.js";

/** Lets the faults of whole requests strike the route `route`. */
export function requestFaults(faults: FaultSource, route: string, closing: AbortSignal): MiddlewareHandler<LocalEnv> {
  return async (context, next) => {
    const slow = faults.strike("slowAnswer", route);
    if (slow) await whileConnected(context, [closing], (signal) => sleep(slow.delayMs, signal));
    if (faults.strike("noAnswer", route)) await whileConnected(context, [closing], untilAborted);
    if (faults.strike("cutConnection", route)) cut(context);
    if (faults.strike("unauthorized", route)) throw new HttpProblem("invalid_token", "The fault `unauthorized` is set.");
    const limited = faults.strike("rateLimited", route);
    if (limited) throw new HttpProblem("rate_limit_exceeded", "The fault `rateLimited` is set.", { retryAfterSec: limited.retryAfterSec });
    const failing = faults.strike("serverError", route);
    if (failing) {
      const status = failing === true ? 500 : (failing.status ?? 500);
      throw new HttpProblem("INTERNAL_ERROR", "The fault `serverError` is set.", { status });
    }
    await next();
  };
}

/** Lets the faults of streams strike the route `route`, after its caller was found to be allowed in. */
export function streamFaults(faults: FaultSource, route: string, streams: OpenStreams): MiddlewareHandler<LocalEnv> {
  const kind = route.includes("readiness") ? "readiness" : "events";
  return async (context, next) => {
    if (faults.strike("noStream", route)) throw new HttpProblem("NOT_FOUND", "The fault `noStream` is set.");
    const dropped = faults.strike("dropStream", route);
    if (dropped) {
      return openEventStream(context, (stream) => (dropped !== true && dropped.clean ? stream.close() : stream.cut()));
    }
    if (faults.strike("stallStream", route)) return openEventStream(context, (stream) => streams.add(kind, stream));
    if (faults.strike("timeoutStream", route)) {
      return openEventStream(context, (stream) => {
        stream.send({ event: "timeout", data: { reason: "not_ready" } });
        stream.close();
      });
    }
    return next();
  };
}

function cut(context: LocalContext): never {
  context.env.outgoing?.destroy();
  throw new HttpProblem("INTERNAL_ERROR", "The fault `cutConnection` is set.");
}
