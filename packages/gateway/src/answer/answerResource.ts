import { checkResourceQuery } from "../query.js";
import { checkReferences } from "../references.js";
import { relay } from "../relay.js";
import { readRequestBody, type RequestBody } from "../requestBody.js";
import { checkResourceFields } from "../tenancyFields.js";
import { createDeadline, startTimer } from "../timers.js";
import { passedHeaders } from "./passedHeaders.js";
import { checkOwnership, type Answer } from "./call.js";

/** Answers a request about one owned resource by passing it on, bodies streaming both ways. */
export const answerResource: Answer = async (parts, call) => {
  const { limits, upstream, ownership } = parts;
  const { route, params } = call.match;
  checkResourceQuery(call.query);
  await checkOwnership(parts, call);
  await checkReferences(parts, call);
  const body = await readRequestBody(call.request, route, limits);
  if (body.kind === "json") checkResourceFields(body.value);

  const waitMs = route.permission === "exec" ? limits.execTimeoutMs : limits.upstreamTimeoutMs;
  const openMs = streamEndsInMs(call.session.expiresAtMs, limits.streamMaxMs);
  const open = createDeadline([call.gone], openMs);
  // An upload answers once it has been read, however long that takes.
  const untilHeaders = startTimer(body.kind === "stream" ? openMs : waitMs, () => open.abort(timedOut()));
  try {
    const response = await upstream.send({
      route,
      params,
      query: call.query,
      headers: { ...(await passedHeaders(call)), ...typeOf(body) },
      body: body.kind === "json" ? JSON.stringify(body.value) : body.kind === "stream" ? body.stream : undefined,
      requestId: call.requestId,
      signal: open.signal,
    });
    if (isDestruction(route) && params["id"] !== undefined) ownership.forget(params["id"]);
    untilHeaders.stop();
    return relay(response, {
      kind: route.kind,
      deadline: open,
      idleMs: limits.streamIdleMs,
      onClose: () => {
        open.done();
        call.leave();
      },
    });
  } catch (error) {
    untilHeaders.stop();
    open.done();
    throw error;
  }
};

/** How long a stream may stay open before the session must show itself again, in milliseconds. */
export function streamEndsInMs(expiresAtMs: number | undefined, streamMaxMs: number): number {
  return Math.min(streamMaxMs, (expiresAtMs ?? Infinity) - Date.now());
}

function timedOut(): DOMException {
  return new DOMException("The API did not answer in time.", "TimeoutError");
}

function isDestruction(route: { method: string; path: string }): boolean {
  return route.method === "DELETE" && /^\/[^/]+\/:id$/.test(route.path);
}

function typeOf(body: RequestBody): Record<string, string> {
  if (body.kind === "json") return { "content-type": "application/json" };
  return body.kind === "stream" ? { "content-type": body.contentType } : {};
}
