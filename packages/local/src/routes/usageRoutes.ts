import { usageRoutes as routes } from "@miosa/protocol";
import { maySee } from "../access/access.js";
import { validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { isSandbox, toTime } from "../sandboxes/sandboxRecord.js";
import { centsPerVcpuHour, creditCentsOf } from "../usage/creditCents.js";
import { secondsOf, type UsageMeter, type UsageSession, type UsageSubject, vcpusOf } from "../usage/usageMeter.js";
import { attributionNames } from "./computerFields.js";
import type { LocalRoute } from "./localRoute.js";

type Query = Readonly<Record<string, string>>;

const dayMs = 86_400_000;
const reading = ["usage:read"];
/** What was used, and by whom. Contract 7. */
export function usageRoutes({ meter, now }: { meter: UsageMeter; now: () => number }): LocalRoute[] {
  const sessionsOf = (context: LocalContext): readonly UsageSession[] =>
    meter.sessions(context.get("tenantId")).filter(({ record }) => maySee(context.get("caller"), record));
  const rowOf = (sessions: readonly UsageSession[], from: number, to: number) => {
    const used = (wanted: boolean): number =>
      sessions.filter(({ record }) => isSandbox(record) === wanted).reduce((sum, each) => sum + secondsOf(each, from, to, now()) * vcpusOf(each), 0);
    const [sandboxSeconds, computerSeconds] = [used(true), used(false)];
    return {
      sandbox_seconds: sandboxSeconds,
      computer_seconds: computerSeconds,
      storage_gb_hours: 0,
      credit_cents: creditCentsOf(sessions, from, to, now()),
    };
  };
  return [
    {
      route: routes.byAttribution,
      scopes: reading,
      answer(context) {
        const query = context.req.query();
        const [from, to] = readPeriod(query, now());
        const field = readGroup(query["group_by"] ?? query["groupBy"]);
        const groups = new Map<string | null, UsageSession[]>();
        for (const session of sessionsOf(context).filter(isAskedFor(query))) {
          const key = groupOf(session.record, field);
          groups.set(key, [...(groups.get(key) ?? []), session]);
        }
        const results = [...groups].map(([key, sessions]) => ({ [field]: key, ...rowOf(sessions, from, to) }));
        return context.json({ period_start: toTime(from), period_end: toTime(to), results });
      },
    },
    {
      route: routes.summary,
      scopes: reading,
      answer(context) {
        const query = context.req.query();
        const from = readTime(query, "period_start") ?? now() - 30 * dayMs;
        const to = readTime(query, "period_end") ?? now();
        const sessions = sessionsOf(context).filter(isAskedFor(query));
        const seconds = sessions.reduce((sum, session) => sum + secondsOf(session, from, to, now()), 0);
        return context.json({
          // Whose summary it is, where it is not everybody's.
          ...Object.fromEntries(attributionNames.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]]))),
          period_start: toTime(from),
          period_end: toTime(to),
          compute_hours: seconds / 3_600,
          storage_gb: 0,
          bandwidth_gb: 0,
          ai_tokens: 0,
          total_credits: creditCentsOf(sessions, from, to, now()),
        });
      },
    },
    {
      route: routes.sessions,
      scopes: reading,
      answer(context) {
        const query = context.req.query();
        const limit = Number(query["limit"] ?? 20);
        if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100)) throw validationProblem({ limit: ["must be a whole number from 1 to 100"] });
        const [since, until] = [readTime(query, "since") ?? 0, readTime(query, "until") ?? Number.POSITIVE_INFINITY];
        const all = sessionsOf(context)
          .filter(isAskedFor(query))
          .filter(({ record, startedAt }) => startedAt >= since && startedAt <= until && [undefined, record.id].includes(query["computer_id"]));
        const start = query["cursor"] === undefined ? 0 : all.findIndex(({ id }) => id === query["cursor"]) + 1;
        const page = all.slice(start, start + limit);
        const nextCursor = start + limit < all.length ? page.at(-1)?.id : undefined;
        return context.json({
          data: page.map((session) => toWireSession(session, now())),
          meta: { total: all.length, ...(nextCursor !== undefined && { next_cursor: nextCursor }) },
        });
      },
    },
  ];
}

/** Tells the runs that a query's attribution asks for. */
function isAskedFor(query: Query): (session: UsageSession) => boolean {
  return ({ record }) => attributionNames.every((name) => query[name] === undefined || record.attribution[name] === query[name]);
}

function toWireSession(session: UsageSession, now: number): Record<string, unknown> {
  const seconds = secondsOf(session, 0, Number.POSITIVE_INFINITY, now);
  return {
    id: session.id,
    computer_id: session.record.id,
    started_at: toTime(session.startedAt),
    ended_at: session.endedAt === undefined ? null : toTime(session.endedAt),
    duration_sec: seconds,
    credit_cost: (seconds / 3_600) * centsPerVcpuHour * vcpusOf(session),
    ...session.record.attribution,
  };
}

const groups = [...attributionNames, "workspace_id"] as const;

function readGroup(text = "external_user_id"): (typeof groups)[number] {
  const group = groups.find((name) => name === text);
  if (!group) throw validationProblem({ group_by: [`must be one of ${groups.join(", ")}`] });
  return group;
}

function groupOf(record: UsageSubject, group: (typeof groups)[number]): string | null {
  return group === "workspace_id" ? `ws_${record.tenantId}` : record.attribution[group];
}

function readPeriod(query: Query, now: number): [from: number, to: number] {
  switch (query["period"] ?? "30d") {
    case "7d":
      return [now - 7 * dayMs, now];
    case "30d":
      return [now - 30 * dayMs, now];
    case "mtd":
    case "month-to-date": {
      const date = new Date(now);
      return [Date.UTC(date.getUTCFullYear(), date.getUTCMonth()), now];
    }
    case "custom": {
      const [from, to] = [readTime(query, "start"), readTime(query, "end")];
      if (from === undefined || to === undefined) throw validationProblem({ period: ["needs start and end when it is custom"] });
      return [from, to];
    }
    default:
      throw validationProblem({ period: ["must be one of 7d, 30d, month-to-date, custom"] });
  }
}

function readTime(query: Query, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw validationProblem({ [name]: ["must be an ISO-8601 time"] });
  return time;
}
