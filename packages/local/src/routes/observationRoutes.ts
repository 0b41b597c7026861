import { computerRoutes, type Route, sandboxRoutes } from "@miosa/protocol";
import { keepAlive, openEventStream } from "../http/eventStream.js";
import { validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { isSandbox, type SandboxRecord, sizes, toTime } from "../sandboxes/sandboxRecord.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";

const collections = ["/sandboxes/:id", "/computers/:id"] as const;
const lineCount = { usual: 100, most: 1_000 } as const;

/** Event names of a computer's stream by its status. Contract 5.4. */
const lifecycleEvents: Readonly<Record<string, string>> = { running: "started", stopped: "stopped", error: "error" };

/** What commands have said, what a sandbox or computer uses, and how its state changes. Contract 4.9, 5.4 and 6.3. */
export function observationRoutes(parts: RouteParts): LocalRoute[] {
  const at = (path: Route["path"], kind: Route["kind"] = "json"): LocalRoute["route"] => ({ ...sandboxRoutes.events, path, kind });

  function logs(context: LocalContext): Response {
    const record = namedRecord(context, parts);
    const count = Number(context.req.query("lines") ?? lineCount.usual);
    if (!(Number.isInteger(count) && count >= 1 && count <= lineCount.most)) throw validationProblem({ lines: [`must be a whole number from 1 to ${lineCount.most}`] });
    const since = Date.parse(context.req.query("since") ?? toTime(0));
    if (Number.isNaN(since)) throw validationProblem({ since: ["must be an ISO-8601 time"] });
    const lines = parts.sandboxEvents.kept(record.id).flatMap(({ event }) => {
      const line = outputOf(event);
      return line && Date.parse(line.ts) >= since ? [line.line] : [];
    });
    return context.json({ data: { lines: lines.slice(-count) }, lines: lines.slice(-count) });
  }

  function streamLogs(context: LocalContext): Response {
    const record = namedRecord(context, parts);
    return openEventStream(context, (stream) => {
      parts.streams.add("events", stream);
      keepAlive(stream, "heartbeat", parts.heartbeatMs);
      stream.onEnd(
        parts.sandboxEvents.subscribe(record.id, context.req.header("last-event-id"), ({ eventId, event }) => {
          const data = outputOf(event);
          if (data) stream.send({ id: eventId, event: "log", data });
        }),
      );
    });
  }

  async function metrics(context: LocalContext): Promise<Response> {
    const record = namedRecord(context, parts);
    const { window = "1h" } = context.req.query();
    if (!["1h", "24h", "7d"].includes(window)) throw validationProblem({ window: ["must be one of 1h, 24h, 7d"] });
    const { cpuMs, memoryBytes, processes, workspaceBytes } = await parts.store.usageOf(record);
    const { vcpus, memory_mb: memoryMb } = sizes[record.size];
    const data = {
      resource_type: isSandbox(record) ? "sandbox" : "computer",
      window,
      current: {
        cpu_count: vcpus,
        memory_mb: memoryMb,
        active_cpu_ms: cpuMs ?? null,
        memory_used_bytes: memoryBytes ?? null,
        disk_used_bytes: workspaceBytes ?? null,
        processes: processes ?? null,
      },
      sampled_at: toTime(parts.now()),
    };
    return context.json({ data });
  }

  function events(context: LocalContext): Response {
    const record = namedRecord(context, parts);
    return openEventStream(context, (stream) => {
      parts.streams.add("events", stream);
      keepAlive(stream, "heartbeat", parts.heartbeatMs);
      let last: SandboxRecord["status"] = record.status;
      stream.onEnd(
        parts.store.onStatus(record, () => {
          if (record.status === last) return;
          last = record.status;
          const data = { computer_id: record.id, status: record.status, timestamp: toTime(parts.now()), ...(record.reason !== undefined && { reason: record.reason }) };
          stream.send({ event: "status_changed", data });
          const name = lifecycleEvents[record.status];
          if (name !== undefined) stream.send({ event: name, data });
          if (record.status === "destroyed") stream.close();
        }),
      );
    });
  }

  return [
    ...collections.flatMap((path): LocalRoute[] => [
      { route: at(`${path}/logs`), answer: logs },
      { route: at(`${path}/logs/stream`, "sse"), answer: streamLogs },
      { route: { ...computerRoutes.get, path: `${path}/metrics` }, answer: metrics },
    ]),
    { route: { ...at("/computers/:id/events", "sse"), permission: "read" }, answer: events },
  ];
}

/** A line of output, where an event is one. */
function outputOf(event: Readonly<Record<string, unknown>>): { readonly line: string; readonly stream: string; readonly ts: string } | undefined {
  const { type, line, ts } = event;
  if ((type !== "sandbox.exec.stdout" && type !== "sandbox.exec.stderr") || typeof line !== "string") return undefined;
  return { line, stream: type === "sandbox.exec.stdout" ? "stdout" : "stderr", ts: String(ts) };
}
