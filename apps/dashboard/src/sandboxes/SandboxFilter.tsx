import { useId, useState, type FormEvent, type ReactElement, type ReactNode } from "react";
import type { Sandbox } from "@miosa/core";
import { filterKeys, type AttributionFilter } from "../routing/route.js";
import { useNavigate } from "../routing/useRoute.js";
import { useTenant } from "../tenant/TenantContext.js";
import { Icon } from "../ui/Icon.js";

const none: AttributionFilter = { workspace: "", user: "", project: "" };
const idOf = {
  workspace: (sandbox: Sandbox) => sandbox.externalWorkspaceId,
  user: (sandbox: Sandbox) => sandbox.externalUserId,
  project: (sandbox: Sandbox) => sandbox.externalProjectId,
} as const;

interface SandboxFilterProps {
  filter: AttributionFilter;
  sandboxes: readonly Sandbox[];
  /** What else stands in the bar. */
  children: ReactNode;
}

/** Narrows the list to one customer, user or project; the filter stands in the address, so that it can be linked. */
export function SandboxFilter({ filter, sandboxes, children }: SandboxFilterProps): ReactElement {
  const navigate = useNavigate();
  const { attributionLabels } = useTenant();
  const [isOpen, setIsOpen] = useState(false);
  const panelId = useId();
  const active = filterKeys.filter((key) => filter[key] !== "");
  return (
    <div className="filter">
      <div className="filter-bar">
        <button type="button" className="button quiet" aria-expanded={isOpen} aria-controls={panelId} onClick={() => setIsOpen(!isOpen)}>
          <Icon name="filter" />
          Filter
        </button>
        {children}
        {active.map((key) => (
          <button key={key} type="button" className="chip" onClick={() => navigate({ filter: { ...filter, [key]: "" } })}>
            <span className="visually-hidden">Remove filter: </span>
            <span className="chip-label">{attributionLabels[key]}</span> {filter[key]}
            <Icon name="close" />
          </button>
        ))}
      </div>
      {isOpen && (
        <FilterForm
          // a filter changed from outside starts the fields afresh
          key={filterKeys.map((key) => filter[key]).join("\n")}
          id={panelId}
          filter={filter}
          sandboxes={sandboxes}
          onApply={(next) => navigate({ filter: next })}
        />
      )}
    </div>
  );
}

interface FilterFormProps {
  id: string;
  filter: AttributionFilter;
  sandboxes: readonly Sandbox[];
  onApply: (filter: AttributionFilter) => void;
}

function FilterForm({ id, filter, sandboxes, onApply }: FilterFormProps): ReactElement {
  const { attributionLabels, externalWorkspaceId } = useTenant();
  // All that one customer's user can see is that customer's.
  const keys = filterKeys.filter((key) => key !== "workspace" || externalWorkspaceId === null);
  const [draft, setDraft] = useState(filter);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onApply({ workspace: draft.workspace.trim(), user: draft.user.trim(), project: draft.project.trim() });
  };
  return (
    <form id={id} className="filter-form" onSubmit={submit} role="search" aria-label="Filter sandboxes">
      {keys.map((key) => (
        <label key={key} className="field compact">
          <span>{attributionLabels[key]} id</span>
          <input
            name={`filter-${key}`}
            value={draft[key]}
            list={`${id}-${key}`}
            onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
          />
          <datalist id={`${id}-${key}`}>
            {idsOf(sandboxes, key).map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </datalist>
        </label>
      ))}
      <div className="actions">
        <button type="submit" className="button">
          Apply
        </button>
        <button type="button" className="button quiet" onClick={() => onApply(none)}>
          Clear
        </button>
      </div>
    </form>
  );
}

function idsOf(sandboxes: readonly Sandbox[], key: keyof AttributionFilter): string[] {
  return [...new Set(sandboxes.map(idOf[key]).filter((id) => id !== null))].sort();
}
