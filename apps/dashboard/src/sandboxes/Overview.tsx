import type { ReactElement } from "react";
import type { Sandbox } from "@miosa/core";
import { useNavigate } from "../routing/useRoute.js";
import { useTenant } from "../tenant/TenantContext.js";
import { PageTitle } from "../ui/PageTitle.js";
import { StatusMark } from "./StatusMark.js";
import { statusOfState, type StatusTone } from "./status.js";

const tones = [
  { tone: "good", label: "Running" },
  { tone: "waiting", label: "On the way" },
  { tone: "idle", label: "At rest" },
  { tone: "bad", label: "Failed" },
] as const satisfies readonly { tone: StatusTone; label: string }[];

/** What stands beside the list while no sandbox is chosen: how many there are, and whose. */
export function Overview({ sandboxes }: { sandboxes: readonly Sandbox[] }): ReactElement {
  const { attributionLabels, externalWorkspaceId } = useTenant();
  const navigate = useNavigate();
  // Whoever sees one customer only is shown its users.
  const key = externalWorkspaceId === null ? "workspace" : "user";
  const owners = ownersOf(sandboxes, key);
  return (
    <div className="page overview">
      <PageTitle text="Overview" />
      <dl className="tally">
        {tones.map(({ tone, label }) => (
          <div key={tone} data-tone={tone}>
            <dt>
              <StatusMark status={{ tone, word: label }} />
            </dt>
            <dd className="number">{sandboxes.filter((sandbox) => statusOfState(sandbox).tone === tone).length}</dd>
          </div>
        ))}
      </dl>
      {owners.length > 0 && (
        <section className="card" aria-labelledby="owners-title">
          <header className="card-head">
            <h3 id="owners-title">By {attributionLabels[key].toLowerCase()}</h3>
          </header>
          <ul className="owners">
            {owners.map(({ id, count }) => (
              <li key={id}>
                <button type="button" onClick={() => navigate({ filter: { workspace: "", user: "", project: "", [key]: id } })}>
                  <span className="owner-id">{id}</span>
                  <span className="owner-bar" aria-hidden="true">
                    <span style={{ width: `${(count / (owners[0]?.count ?? count)) * 100}%` }} />
                  </span>
                  <span className="number">
                    {count}
                    <span className="visually-hidden"> sandboxes; show only these</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Customers or users by number of sandboxes, the largest first. */
function ownersOf(sandboxes: readonly Sandbox[], key: "workspace" | "user"): { id: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { externalWorkspaceId, externalUserId } of sandboxes) {
    const id = key === "workspace" ? externalWorkspaceId : externalUserId;
    if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].map(([id, count]) => ({ id, count })).sort((a, b) => b.count - a.count || a.id.localeCompare(b.id));
}
