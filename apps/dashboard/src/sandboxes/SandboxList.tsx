import type { ReactElement } from "react";
import type { MiosaError, Sandbox } from "@miosa/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { PageLink } from "../routing/PageLink.js";
import { filterKeys, type AttributionFilter, type Page } from "../routing/route.js";
import { useNavigate } from "../routing/useRoute.js";
import { Icon } from "../ui/Icon.js";
import { useNow } from "../ui/useNow.js";
import { SandboxFilter } from "./SandboxFilter.js";
import { SandboxRow } from "./SandboxRow.js";

/** What the page knows of a list of sandboxes. */
export type SandboxesResult = UseQueryResult<Sandbox[], MiosaError>;

interface SandboxListProps {
  page: Page;
  filter: AttributionFilter;
  /** The list under the filter. */
  shown: SandboxesResult;
  /** The list without it, for suggestions. */
  all: SandboxesResult;
}

/** The list beside every page: all sandboxes under the filter, each with its status. */
export function SandboxList({ page, filter, shown, all }: SandboxListProps): ReactElement {
  const { data: sandboxes, error } = shown;
  return (
    <nav className="list" aria-labelledby="list-title">
      <header className="list-head">
        <h1 id="list-title" tabIndex={-1}>
          Sandboxes
          {sandboxes !== undefined && <span className="count number">{sandboxes.length}</span>}
        </h1>
        <PageLink className="button primary" page={{ name: "create" }}>
          <Icon name="plus" />
          <span>
            New<span className="wide-only"> sandbox</span>
          </span>
        </PageLink>
      </header>
      <SandboxFilter filter={filter} sandboxes={all.data ?? []}>
        <PageLink className="button quiet usage-link" page={{ name: "usage" }} aria-current={page.name === "usage" ? "page" : undefined}>
          <Icon name="chart" />
          Usage
        </PageLink>
      </SandboxFilter>
      {sandboxes === undefined && error !== null && <p className="empty">The list shows up here as soon as the API answers.</p>}
      {sandboxes === undefined && error === null && <Skeleton />}
      {sandboxes?.length === 0 && <Empty filter={filter} />}
      {sandboxes !== undefined && sandboxes.length > 0 && <Rows page={page} sandboxes={sandboxes} />}
    </nav>
  );
}

function Rows({ page, sandboxes }: { page: Page; sandboxes: readonly Sandbox[] }): ReactElement {
  const nowMs = useNow(15_000);
  return (
    <ul className="rows">
      {sandboxes.map((sandbox) => (
        <SandboxRow
          key={sandbox.id}
          sandbox={sandbox}
          isSelected={page.name === "sandbox" && page.id === sandbox.id}
          nowMs={nowMs}
        />
      ))}
    </ul>
  );
}

function Empty({ filter }: { filter: AttributionFilter }): ReactElement {
  const navigate = useNavigate();
  const isFiltered = filterKeys.some((key) => filter[key] !== "");
  if (!isFiltered) {
    return (
      <div className="empty">
        <p className="empty-title">No sandboxes yet</p>
        <p>Create one and it shows up here, live from its first moment.</p>
      </div>
    );
  }
  return (
    <div className="empty">
      <p className="empty-title">No sandbox carries these ids</p>
      <p>Ids match exactly, capitals included.</p>
      <button type="button" className="button" onClick={() => navigate({ filter: { workspace: "", user: "", project: "" } })}>
        Show all
      </button>
    </div>
  );
}

function Skeleton(): ReactElement {
  return (
    <div className="rows" role="status" aria-label="Loading sandboxes">
      {[62, 45, 70, 52].map((width) => (
        <div key={width} className="row skeleton-row" aria-hidden="true">
          <span className="skeleton" style={{ width: `${width}%` }} />
          <span className="skeleton thin" style={{ width: `${width - 20}%` }} />
        </div>
      ))}
    </div>
  );
}
