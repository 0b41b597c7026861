import type { CallOptions } from "../options.js";

/** What the whole tenant used in a period. Contract 7. */
export interface UsageSummary {
  /** ISO-8601, UTC. */
  periodStart: string | null;
  periodEnd: string | null;
  computeHours: number;
  storageGb: number;
  bandwidthGb: number;
  totalCredits: number;
  [member: string]: unknown;
}

/** One run of a computer. Contract 7. */
export interface UsageSession {
  id: string;
  computerId: string;
  startedAt: string | null;
  /** Null while it runs. */
  endedAt: string | null;
  durationSec: number;
  creditCost: number;
  [member: string]: unknown;
}

/** Filter of sessions. */
export interface UsageSessionsFilter {
  computerId?: string | undefined;
  /** ISO-8601. */
  since?: string | undefined;
  until?: string | undefined;
  /** How many at a time, 1 to 100. @default the server's */
  limit?: number | undefined;
  /** Continues after a page. */
  cursor?: string | undefined;
}

/** What `byAttribution` groups by: one of the platform's own ids, or MIOSA's workspace. Spec, "White-label attribution". */
export type UsageGroup = "externalWorkspaceId" | "externalUserId" | "externalProjectId" | "workspaceId";

/** What to report on. Contract 7. */
export interface UsageQuery {
  /** @default "externalWorkspaceId" */
  groupBy?: UsageGroup | undefined;
  /** `custom` needs `start` and `end`. @default "30d" */
  period?: "7d" | "30d" | "month-to-date" | "custom" | undefined;
  /** ISO-8601. */
  start?: string | undefined;
  end?: string | undefined;
  externalWorkspaceId?: string | undefined;
  externalUserId?: string | undefined;
  externalProjectId?: string | undefined;
}

/** What one group used. */
export interface UsageRow {
  /** The group's id; null for what carries none. */
  key: string | null;
  /** vCPU-seconds. */
  sandboxSeconds: number;
  computerSeconds: number;
  storageGbHours: number;
  creditCents: number;
  [member: string]: unknown;
}

/** Usage by group. */
export interface UsageReport {
  periodStart: string | null;
  periodEnd: string | null;
  groupBy: UsageGroup;
  rows: UsageRow[];
}

/** Usage of everything the credential can see. Contract 7. */
export interface Usage {
  /** Totals of a period; both ends ISO-8601. `GET /usage/summary`. */
  summary(period?: { start?: string; end?: string }, options?: CallOptions): Promise<UsageSummary>;
  /** One page of runs; `nextCursor` is undefined on the last. `GET /usage/sessions`. */
  sessions(filter?: UsageSessionsFilter, options?: CallOptions): Promise<{ sessions: UsageSession[]; nextCursor: string | undefined }>;
  /** All runs one by one, page after page as the loop goes on. `GET /usage/sessions`. */
  eachSession(filter?: UsageSessionsFilter, options?: CallOptions): AsyncGenerator<UsageSession, void, void>;
  /** Usage per customer, user, project or workspace. `GET /usage`. */
  byAttribution(query?: UsageQuery, options?: CallOptions): Promise<UsageReport>;
}
