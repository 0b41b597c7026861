import { headerNames } from "@miosa/protocol";
import { Denial } from "../denial.js";
import { isUsableTypes } from "../feed/eventTypes.js";
import { attributedQuery } from "../query.js";
import type { Answer } from "./call.js";

/** Answers the tenant's event stream out of the one upstream feed that all browsers share. */
export const answerFeed: Answer = async (parts, call) => {
  attributedQuery(call.query, call.session);
  const types = call.query.get("types");
  if (types !== null && !isUsableTypes(types)) throw new Denial(400, "BAD_REQUEST", "types is a short list of event types.");
  const lastEventId = call.request.headers.get(headerNames.lastEventId);
  return parts.feed.open({
    session: call.session,
    types,
    lastEventId: lastEventId === null || lastEventId === "" ? null : lastEventId,
    signal: call.gone,
    onClose: call.leave,
  });
};
