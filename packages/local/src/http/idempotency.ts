import { createHash } from "node:crypto";
import { headerNames } from "@miosa/protocol";
import type { MiddlewareHandler } from "hono";
import { type Journal, noJournal } from "../state/journal.js";
import { HttpProblem, validationProblem } from "./httpProblem.js";
import type { LocalEnv } from "./localEnv.js";
import type { SavedAnswer } from "./savedAnswer.js";

const keptMs = 24 * 60 * 60_000;
const maxKept = 10_000;
const maxKeyLength = 255;
/** Longer answers are repeated by this server alone, and not by the next one. */
const maxSavedLength = 65_536;

type Answer = Pick<SavedAnswer, "status" | "contentType" | "body">;

interface Entry {
  readonly bodyDigest: string;
  readonly at: number;
  /** Undefined where the first request came to nothing that could be repeated. */
  readonly answer: Promise<Answer | undefined>;
}

/**
 * Answers a mutation that is repeated with the same `Idempotency-Key` with the first one's answer, without running it
 * again. A key counts for one tenant, method and path; with another body it is a 409. Contract 1.3. Answers go to the journal, and
 * come back as `saved`.
 */
export function idempotency(now: () => number, journal: Journal = noJournal, saved: readonly SavedAnswer[] = []): MiddlewareHandler<LocalEnv> {
  const entries = new Map<string, Entry>();

  function write(name: string, entry: Omit<SavedAnswer, "name"> | undefined): void {
    journal.note(`answer:${createHash("sha256").update(name).digest("hex")}`, () => entry && { name, ...entry });
  }

  function forget(name: string): void {
    entries.delete(name);
    write(name, undefined);
  }

  for (const { name, bodyDigest, at, ...answer } of saved.toSorted((a, b) => a.at - b.at)) {
    entries.set(name, { bodyDigest, at, answer: Promise.resolve(answer) });
    write(name, { bodyDigest, at, ...answer });
  }

  return async (context, next) => {
    const key = context.req.header(headerNames.idempotencyKey);
    if (key === undefined) return next();
    if (key.length === 0 || key.length > maxKeyLength) throw validationProblem({ "idempotency-key": [`must have 1 to ${maxKeyLength} characters`] });
    const { pathname, search } = new URL(context.req.url);
    const { tenantId, externalUserId } = context.get("caller");
    const name = JSON.stringify([tenantId, context.req.method, pathname + search, key, ...(externalUserId === undefined ? [] : [externalUserId])]);
    const bodyDigest = createHash("sha256").update(context.get("body")).digest("hex");

    for (;;) {
      const entry = entries.get(name);
      if (!entry || entry.at < now() - keptMs) break;
      if (entry.bodyDigest !== bodyDigest) {
        throw new HttpProblem("IDEMPOTENCY_CONFLICT", "This Idempotency-Key was used with another body. Use a new key.");
      }
      const answer = await entry.answer;
      if (!answer) continue;
      const headers = { "content-type": answer.contentType, "idempotency-replayed": "true" };
      return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, headers });
    }

    const deferred = deferredAnswer();
    const at = now();
    entries.delete(name); // so that it is the newest
    entries.set(name, { bodyDigest, at, answer: deferred.promise });
    for (const [oldest, entry] of entries) {
      if (entries.size <= maxKept && entry.at >= at - keptMs) break;
      forget(oldest);
    }
    try {
      await next();
      const { status } = context.res;
      if (!isFinal(status)) return undefined;
      const contentType = context.res.headers.get("content-type") ?? "application/json";
      const answer = { status, contentType, body: await context.res.clone().text() };
      deferred.settle(answer);
      if (outlivesServer(pathname, answer)) write(name, { bodyDigest, at, ...answer });
    } finally {
      if (deferred.settle(undefined)) entries.delete(name);
    }
    return undefined;
  };
}

/** An answer that says the same when asked again: neither a passing trouble nor a state that can change. */
function isFinal(status: number): boolean {
  return status < 500 && ![401, 403, 404, 409, 429].includes(status);
}

/** Tickets and previews end with the server that gave them, and the text of a key or token is written nowhere. */
function outlivesServer(path: string, { body }: Answer): boolean {
  return body.length <= maxSavedLength && !/\/(tokens|api-keys|auth|previews)(\/|$)/.test(path);
}

function deferredAnswer(): { promise: Promise<Answer | undefined>; settle(answer: Answer | undefined): boolean } {
  let resolve: ((answer: Answer | undefined) => void) | undefined;
  const promise = new Promise<Answer | undefined>((fulfil) => {
    resolve = fulfil;
  });
  return {
    promise,
    settle(answer) {
      const first = resolve;
      resolve = undefined;
      first?.(answer);
      return first !== undefined;
    },
  };
}
