import { Denial, forbidden, upstreamUnreachable } from "../denial.js";
import { checkResourceQuery } from "../query.js";
import { readRequestBody } from "../requestBody.js";
import { checkReference, checkReferences } from "../references.js";
import { owns } from "../session.js";
import { attributedBody } from "../tenancyFields.js";
import { unwrapResource } from "../wire.js";
import { checkOwnership, jsonResponse, type Answer } from "./call.js";
import { passedHeaders } from "./passedHeaders.js";

/** Answers a create, clone or fork: the new resource carries the session's attribution, or is not shown. */
export const answerCreate: Answer = async (parts, call) => {
  const { session, match } = call;
  if (session.sandboxIds) throw forbidden("This session is limited to certain sandboxes and cannot create one.");
  checkResourceQuery(call.query);
  await checkOwnership(parts, call);
  await checkReferences(parts, call);
  const body = await readRequestBody(call.request, match.route, parts.limits);
  if (body.kind === "stream") throw new Denial(415, "UNSUPPORTED_MEDIA_TYPE", "Send the request body as application/json.");
  const { snapshot_id: snapshot, ...fields } = body.kind === "json" ? body.value : {};
  if (snapshot !== undefined) await checkReference(parts, call, "snapshot", snapshot);
  const attributed = {
    ...attributedBody(fields, session, parts.createFields),
    ...(snapshot !== undefined && { snapshot_id: snapshot }),
  };
  const answer = await parts.upstream.readJson(
    {
      route: match.route,
      params: match.params,
      query: call.query,
      headers: { ...(await passedHeaders(call)), "content-type": "application/json" },
      body: JSON.stringify(attributed),
      requestId: call.requestId,
    },
    [call.gone],
  );
  const resource = unwrapResource(answer.body);
  // A restore answers with the sandbox that it was asked of, whose owner has been checked; such answers may be partial. Contract 4.5.
  if (resource && resource.id === match.params["id"]) return jsonResponse(answer.status, answer.body);
  if (!resource || !owns(session, resource.owner)) {
    throw upstreamUnreachable(new Error("The API created a resource without the attribution that was sent."));
  }
  parts.ownership.learn(session, parts.collectionOf(match.route.path), resource);
  return jsonResponse(answer.status, answer.body);
};
