import type { ReactElement } from "react";
import { useUsage } from "@miosa/react";
import { keepPreviousData } from "@tanstack/react-query";
import { Problem } from "../problems/Problem.js";
import { useNavigate } from "../routing/useRoute.js";
import { refetchAfterErrors } from "../sandboxes/refetchInterval.js";
import { useTenant } from "../tenant/TenantContext.js";
import { Choice } from "../ui/Choice.js";
import { PageTitle } from "../ui/PageTitle.js";
import { useNow } from "../ui/useNow.js";
import { PeriodFields } from "./PeriodFields.js";
import { UsageChart } from "./UsageChart.js";
import { daysOfPeriod, queryOfChoice, usageGroups, type UsageChoice, type UsageGroupKey } from "./usageChoice.js";
import { usageSharesOf } from "./usageShares.js";

const periods = [
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
  { value: "month-to-date", label: "This month" },
  { value: "custom", label: "Other days" },
] as const;

const groupKeys = ["workspace", "user", "project"] as const satisfies readonly UsageGroupKey[];
const lastMonth: UsageChoice = { period: { name: "30d" }, group: null };
const refetchInterval = refetchAfterErrors(30_000);

/** What was used in a period, by customer, user or project. Whoever sees one customer only sees what that customer used. */
export function UsagePage({ choice = lastMonth }: { choice?: UsageChoice }): ReactElement {
  const { attributionLabels, externalWorkspaceId } = useTenant();
  const navigate = useNavigate();
  const nowMs = useNow(60_000);
  const choose = (change: Partial<UsageChoice>): void => navigate({ page: { name: "usage", choice: { ...choice, ...change } } }, { replace: true });
  const { period } = choice;
  const group = choice.group ?? (externalWorkspaceId === null ? "workspace" : "user");
  const report = queryOfChoice(choice, group, nowMs);
  const { data, error, isPlaceholderData, refetch } = useUsage(report ?? {}, {
    query: { select: usageSharesOf, placeholderData: keepPreviousData, refetchInterval, enabled: report !== null },
  });
  // While the next report is on its way the one before stays, and is by what it is by.
  const shown = groupKeys.find((key) => usageGroups[key] === data?.groupBy) ?? group;
  return (
    <div className="page usage">
      <PageTitle text="Usage" />
      <p className="lede">How long {externalWorkspaceId === null ? "all" : "your"} sandboxes ran, times the vCPUs that they had.</p>
      <div className="usage-choices">
        <Choice
          name="period"
          legend="Period"
          options={periods}
          value={period.name}
          onChange={(name) => choose({ period: name === "custom" ? { name, ...daysOfPeriod(period, nowMs) } : { name } })}
        />
        <Choice name="group" legend="By" options={groupOptions(attributionLabels)} value={group} onChange={(key) => choose({ group: key })} />
      </div>
      {period.name === "custom" && (
        <PeriodFields
          key={`${period.from} ${period.to}`}
          from={period.from}
          to={period.to}
          nowMs={nowMs}
          onChange={(from, to) => choose({ period: { name: "custom", from, to } })}
        />
      )}
      {error !== null && <Problem error={error} as={data === undefined ? "page" : "banner"} onRetry={() => void refetch()} />}
      {data === undefined && error === null && report !== null && <div className="skeleton card-shape tall" role="status" aria-label="Loading usage" />}
      {data !== undefined && data.shares.length === 0 && (
        <div className="card empty-card">
          <p className="empty-title">Nothing was used in this time</p>
          <p className="hint">A sandbox counts from the moment it is ready until it is stopped or deleted.</p>
        </div>
      )}
      {data !== undefined && data.shares.length > 0 && <UsageChart usage={data} group={shown} label={attributionLabels[shown]} isOld={isPlaceholderData} />}
    </div>
  );
}

function groupOptions(labels: Readonly<Record<UsageGroupKey, string>>): { value: UsageGroupKey; label: string }[] {
  return groupKeys.map((value) => ({ value, label: labels[value] }));
}
