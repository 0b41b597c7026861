import { useState, type ReactElement } from "react";
import { useNavigate } from "../routing/useRoute.js";
import { formatCredits, formatVcpuTime, type UsageShares } from "./usageShares.js";

/** So many bars are shown at first. */
const shownAtFirst = 25;

interface UsageChartProps {
  usage: UsageShares;
  group: "workspace" | "user" | "project";
  /** What the platform calls the group. */
  label: string;
  /** True while the bars are those of the choice before. */
  isOld: boolean;
}

/** A bar chart that is a table: each bar stands in the row that says its figures. */
export function UsageChart({ usage: { shares, vcpuSeconds, creditCents }, group, label, isOld }: UsageChartProps): ReactElement {
  const navigate = useNavigate();
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? shares : shares.slice(0, shownAtFirst);
  return (
    <section className="card usage-card" aria-busy={isOld}>
      <div className="usage-scale">
        <table className="usage-table">
          <caption className="visually-hidden">Usage by {label.toLowerCase()}, the largest first</caption>
          <thead>
            <tr>
              <th scope="col">{label}</th>
              <th scope="col">vCPU time</th>
              <th scope="col">Credits</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ key, vcpuSeconds: own, creditCents: cents, ofLargest }) => (
              <tr key={key ?? ""}>
                <th scope="row">
                  {key === null ? (
                    <span className="unset">Without one</span>
                  ) : (
                    <button
                      type="button"
                      title="Show its sandboxes"
                      onClick={() => navigate({ page: { name: "home" }, filter: { workspace: "", user: "", project: "", [group]: key } })}
                    >
                      {key}
                      <span className="visually-hidden">, show its sandboxes</span>
                    </button>
                  )}
                  <span className="usage-bar" aria-hidden="true">
                    <span style={{ width: `${ofLargest * 100}%` }} />
                  </span>
                </th>
                <td className="number">{formatVcpuTime(own)}</td>
                <td className="number">{formatCredits(cents)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Together</th>
              <td className="number">{formatVcpuTime(vcpuSeconds)}</td>
              <td className="number">{formatCredits(creditCents)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      {shares.length > shown.length && (
        <button type="button" className="button" onClick={() => setIsWhole(true)}>
          Show all {shares.length.toLocaleString()}
        </button>
      )}
    </section>
  );
}
