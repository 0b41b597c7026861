import { eventRoutes as routes, headerNames } from "@miosa/protocol";
import { matchesTypes, readTypes } from "../events/matchesTypes.js";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import type { LocalRoute, RouteParts } from "./localRoute.js";

/** The tenant-wide event stream. Contract 5.3. */
export function eventRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.stream,
      answer(context) {
        const { tenantId, externalUserId } = context.get("caller");
        const types = readTypes(context.req.query("types"));
        const lastEventId = context.req.header(headerNames.lastEventId);
        return openEventStream(context, (stream) => {
          parts.streams.add("events", stream);
          keepAlive(stream, "heartbeat", parts.heartbeatMs);
          const leave = parts.events.subscribe(tenantId, lastEventId, ({ eventId, event }) => {
            if (externalUserId !== undefined && event["external_user_id"] !== externalUserId) return;
            if (matchesTypes(types, event.type)) stream.send({ id: eventId, event: event.type, data: event });
          });
          stream.onEnd(leave);
        });
      },
    },
  ];
}
