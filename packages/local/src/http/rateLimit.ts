import { createHash } from "node:crypto";
import { headerNames } from "@miosa/protocol";
import type { MiddlewareHandler } from "hono";
import { HttpProblem } from "./httpProblem.js";
import type { LocalEnv } from "./localEnv.js";

const minuteMs = 60_000;
const maxCallers = 10_000;

/**
 * Lets each credential ask so often within any minute, and answers more with 429 and the seconds until it may ask again. Who has no
 * credential is counted together. Contract 1.2 and 1.7.
 */
export function rateLimit(requestsPerMinute: number, now: () => number): MiddlewareHandler<LocalEnv> {
  /** When each credential's requests of the last minute were let in, oldest first. */
  const callers = new Map<string, number[]>();
  return async (context, next) => {
    const credential = context.req.header(headerNames.authorization) ?? "";
    const caller = createHash("sha256").update(credential).digest("hex");
    const at = now();
    const recent = (callers.get(caller) ?? []).filter((each) => each > at - minuteMs);
    callers.delete(caller);
    callers.set(caller, recent);
    const [longest] = callers.keys();
    if (callers.size > maxCallers && longest !== undefined) callers.delete(longest);
    const [first] = recent;
    if (first !== undefined && recent.length >= requestsPerMinute) {
      const retryAfterSec = Math.max(1, Math.ceil((first + minuteMs - at) / 1_000));
      throw new HttpProblem("rate_limit_exceeded", `This key may ask ${requestsPerMinute} times a minute.`, { retryAfterSec });
    }
    recent.push(at);
    await next();
  };
}
