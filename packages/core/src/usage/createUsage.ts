import { listPages } from "../http/listPages.js";
import { invalidArgument } from "../errors.js";
import { asNumber, asString, isRecord } from "../guards.js";
import type { Query, Transport } from "../http/transport.js";
import { requireNumber, requireObject, requireOneOf } from "../requireArguments.js";
import { camelize, unwrapMany, unwrapOne } from "../wire.js";
import type { Usage, UsageGroup, UsageRow, UsageSession, UsageSessionsFilter } from "./types.js";

const groups: Readonly<Record<UsageGroup, string>> = {
  externalWorkspaceId: "external_workspace_id",
  externalUserId: "external_user_id",
  externalProjectId: "external_project_id",
  workspaceId: "workspace_id",
};

/** The `usage` namespace over a transport. */
export function createUsage(transport: Transport): Usage {
  return {
    async summary(span = {}, options) {
      requireObject("period", span);
      const { start, end } = span;
      const query = { period_start: start, period_end: end };
      const wire = unwrapOne(await transport.call("GET /usage/summary", { params: {}, query, options }));
      return {
        ...camelize(wire),
        periodStart: asString(wire["period_start"]) ?? null,
        periodEnd: asString(wire["period_end"]) ?? null,
        computeHours: asNumber(wire["compute_hours"]) ?? 0,
        storageGb: asNumber(wire["storage_gb"]) ?? 0,
        bandwidthGb: asNumber(wire["bandwidth_gb"]) ?? 0,
        totalCredits: asNumber(wire["total_credits"]) ?? 0,
      };
    },
    async sessions(filter = {}, options) {
      const reply = await transport.call("GET /usage/sessions", { params: {}, query: sessionQuery(filter), options });
      const { items, beside } = unwrapMany(reply, "sessions");
      const meta = isRecord(beside["meta"]) ? beside["meta"] : {};
      return { sessions: items.map(sessionFromWire), nextCursor: asString(meta["next_cursor"]) ?? asString(beside["next_cursor"]) };
    },
    async *eachSession(filter = {}, options) {
      for await (const items of listPages(transport, "GET /usage/sessions", ["sessions"], sessionQuery(filter), options)) {
        yield* items.map(sessionFromWire);
      }
    },
    async byAttribution(input = {}, options) {
      requireObject("query", input);
      const { groupBy = "externalWorkspaceId", period = "30d", start, end, ...filter } = input;
      requireOneOf("groupBy", groupBy, Object.keys(groups));
      requireOneOf("period", period, ["7d", "30d", "month-to-date", "custom"]);
      if ((period === "custom") !== (start !== undefined && end !== undefined)) {
        throw invalidArgument('start and end go together with period "custom", which needs both.');
      }
      const field = groups[groupBy];
      const query = {
        group_by: field,
        period,
        start,
        end,
        external_workspace_id: filter.externalWorkspaceId,
        external_user_id: filter.externalUserId,
        external_project_id: filter.externalProjectId,
      };
      const reply = await transport.call("GET /usage", { params: {}, query, options });
      const beside = isRecord(reply) ? reply : {};
      return {
        periodStart: asString(beside["period_start"]) ?? null,
        periodEnd: asString(beside["period_end"]) ?? null,
        groupBy,
        rows: unwrapMany(reply, "results").items.map((row) => rowFromWire(row, field)),
      };
    },
  };
}

function sessionQuery(filter: UsageSessionsFilter): Query {
  requireObject("filter", filter);
  const { computerId, since, until, limit, cursor } = filter;
  if (limit !== undefined) requireNumber("limit", limit, 1, 100);
  return { computer_id: computerId, since, until, limit, cursor };
}

function sessionFromWire(wire: Record<string, unknown>): UsageSession {
  return {
    ...camelize(wire),
    id: asString(wire["id"]) ?? "",
    computerId: asString(wire["computer_id"]) ?? "",
    startedAt: asString(wire["started_at"]) ?? null,
    endedAt: asString(wire["ended_at"]) ?? null,
    durationSec: asNumber(wire["duration_sec"]) ?? 0,
    creditCost: asNumber(wire["credit_cost"]) ?? 0,
  };
}

function rowFromWire(wire: Record<string, unknown>, field: string): UsageRow {
  return {
    ...camelize(wire),
    key: asString(wire[field]) ?? null,
    sandboxSeconds: asNumber(wire["sandbox_seconds"]) ?? 0,
    computerSeconds: asNumber(wire["computer_seconds"]) ?? 0,
    storageGbHours: asNumber(wire["storage_gb_hours"]) ?? 0,
    creditCents: asNumber(wire["credit_cents"]) ?? 0,
  };
}
