import { readinessEvents, readinessRoutes as routes } from "@miosa/protocol";
import { type EventStream, keepAlive, openEventStream } from "../http/eventStream.js";
import { isBooting, type SandboxRecord, toTime, toWireReadiness } from "../sandboxes/sandboxRecord.js";
import { after } from "../timers.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";

/** The readiness probe and its stream. Contract 3. */
export function readinessRoutes(parts: RouteParts): LocalRoute[] {
  return [
    { route: routes.get, answer: (context) => context.json({ data: toWireReadiness(namedRecord(context, parts)) }) },
    {
      route: routes.stream,
      answer(context) {
        const record = namedRecord(context, parts);
        return openEventStream(context, (stream) => {
          parts.streams.add("readiness", stream);
          followReadiness(record, stream, parts);
        });
      },
    },
  ];
}

/** Sends `ready` or `timeout` and ends. A sandbox that will never be ready ends the stream without either. */
function followReadiness(record: SandboxRecord, stream: EventStream, parts: RouteParts): void {
  const { readinessStreamTimeoutMs: timeoutMs } = parts;
  keepAlive(stream, "keepalive", parts.keepaliveMs);
  const timeOut = (): void => {
    stream.send({ event: readinessEvents.timeout, data: { reason: `not_ready_after_${timeoutMs / 1_000}s` } });
    stream.close();
  };
  const look = (): void => {
    if (record.status === "running" && record.readyAt !== undefined) {
      stream.send({ event: readinessEvents.ready, data: { ready_at: toTime(record.readyAt) } });
      stream.close();
    } else if (!isBooting(record) && record.status !== "stopped") stream.close();
  };
  stream.onEnd(parts.store.onStatus(record, look));
  stream.onEnd(after(timeoutMs, timeOut));
  look();
}
