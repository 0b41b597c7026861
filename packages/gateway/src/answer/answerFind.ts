import { checkResourceQuery } from "../query.js";
import { mayTouchId, owns } from "../session.js";
import { unwrapResource } from "../wire.js";
import { foreign, jsonResponse, type Answer } from "./call.js";

/** Answers a search for one resource, such as by name: found, but not the tenant's, is not found. */
export const answerFind: Answer = async (parts, call) => {
  checkResourceQuery(call.query);
  const { route, params } = call.match;
  const answer = await parts.upstream.readJson({ route, params, query: call.query, requestId: call.requestId }, [call.gone]);
  const resource = unwrapResource(answer.body);
  if (!resource || !mayTouchId(call.session, resource.id) || !owns(call.session, resource.owner)) throw foreign();
  parts.ownership.learn(call.session, parts.collectionOf(route.path), resource);
  return jsonResponse(answer.status, answer.body);
};
