import type { ReactElement, ReactNode } from "react";
import type { Sandbox } from "@miosa/core";
import { isOptimisticSandbox } from "@miosa/react";
import { useReadiness } from "../readiness/useReadiness.js";
import { PageLink } from "../routing/PageLink.js";
import { formatAge } from "../ui/duration.js";
import { StatusMark } from "./StatusMark.js";
import { isBooting, nameOf, statusOfPhase, statusOfState } from "./status.js";

interface RowProps {
  sandbox: Sandbox;
  isSelected: boolean;
  /** The time, in milliseconds, that ages are counted from. */
  nowMs: number;
}

/** One line of the list: what it is called, whose it is, how it is. */
export function SandboxRow({ sandbox, isSelected, nowMs }: RowProps): ReactElement {
  const owners = [sandbox.externalWorkspaceId, sandbox.externalUserId, sandbox.externalProjectId].filter((id) => id !== null);
  const createdMs = sandbox.createdAt === null ? Number.NaN : Date.parse(sandbox.createdAt);
  // Until the server has answered there is no id to watch or to link to.
  const isCreated = !isOptimisticSandbox(sandbox);
  return (
    <li className="row">
      <RowBody id={isCreated ? sandbox.id : null} isSelected={isSelected}>
        <span className="row-name">{nameOf(sandbox)}</span>
        <span className="row-status">
          {isCreated && isBooting(sandbox) ? (
            <BootingStatus id={sandbox.id} />
          ) : (
            <StatusMark status={statusOfState(sandbox)} />
          )}
        </span>
        <span className="row-owners">{owners.length > 0 ? owners.join(" / ") : <code>{shortId(sandbox)}</code>}</span>
        <span className="row-age number">{Number.isFinite(createdMs) ? formatAge(nowMs - createdMs) : ""}</span>
      </RowBody>
    </li>
  );
}

/** Tells sandboxes without owners apart. */
function shortId({ id }: Sandbox): string {
  return isOptimisticSandbox({ id }) ? "" : id.slice(0, 8);
}

function RowBody({ id, isSelected, children }: { id: string | null; isSelected: boolean; children: ReactNode }): ReactElement {
  if (id === null) return <div className="row-body">{children}</div>;
  return (
    <PageLink className="row-body" page={{ name: "sandbox", id }} aria-current={isSelected ? "page" : undefined}>
      {children}
    </PageLink>
  );
}

function BootingStatus({ id }: { id: string }): ReactElement {
  return <StatusMark status={statusOfPhase(useReadiness(id).phase)} />;
}
