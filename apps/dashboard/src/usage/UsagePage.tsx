import { useState, type ReactElement } from "react";
import type { UsageGroup } from "@miosa/core";
import { useUsage } from "@miosa/react";
import { keepPreviousData } from "@tanstack/react-query";
import { Problem } from "../problems/Problem.js";
import { refetchAfterErrors } from "../sandboxes/refetchInterval.js";
import { useTenant } from "../tenant/TenantContext.js";
import { Choice } from "../ui/Choice.js";
import { PageTitle } from "../ui/PageTitle.js";
import { UsageChart } from "./UsageChart.js";
import { usageSharesOf } from "./usageShares.js";

const periods = [
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
  { value: "month-to-date", label: "This month" },
] as const;

const groups = { workspace: "externalWorkspaceId", user: "externalUserId", project: "externalProjectId" } as const satisfies Record<string, UsageGroup>;
type GroupKey = keyof typeof groups;
const groupKeys = ["workspace", "user", "project"] as const satisfies readonly GroupKey[];

const refetchInterval = refetchAfterErrors(30_000);

/** What was used in a period, by customer, user or project. Whoever sees one customer only sees what that customer used. */
export function UsagePage(): ReactElement {
  const { attributionLabels, externalWorkspaceId } = useTenant();
  const [period, setPeriod] = useState<(typeof periods)[number]["value"]>("30d");
  const [group, setGroup] = useState<GroupKey>(externalWorkspaceId === null ? "workspace" : "user");
  const { data, error, isPlaceholderData, refetch } = useUsage(
    { groupBy: groups[group], period },
    { query: { select: usageSharesOf, placeholderData: keepPreviousData, refetchInterval } },
  );
  // While the next report is on its way the one before stays, and is by what it is by.
  const shown = groupKeys.find((key) => groups[key] === data?.groupBy) ?? group;
  return (
    <div className="page usage">
      <PageTitle text="Usage" />
      <p className="lede">How long {externalWorkspaceId === null ? "all" : "your"} sandboxes ran, times the vCPUs that they had.</p>
      <div className="usage-choices">
        <Choice name="period" legend="Period" options={periods} value={period} onChange={setPeriod} />
        <Choice name="group" legend="By" options={groupOptions(attributionLabels)} value={group} onChange={setGroup} />
      </div>
      {error !== null && <Problem error={error} as={data === undefined ? "page" : "banner"} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <div className="skeleton card-shape tall" role="status" aria-label="Loading usage" />}
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

function groupOptions(labels: Readonly<Record<GroupKey, string>>): { value: GroupKey; label: string }[] {
  return groupKeys.map((value) => ({ value, label: labels[value] }));
}
