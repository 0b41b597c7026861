import type { ReactElement, ReactNode } from "react";
import { isApiError, type Sandbox } from "@miosa/core";
import { useSandbox } from "@miosa/react";
import { CommandBox } from "../exec/CommandBox.js";
import { useRuns } from "../exec/Runs.js";
import { Problem } from "../problems/Problem.js";
import { useReadiness } from "../readiness/useReadiness.js";
import { ReadinessPanel } from "../readiness/ReadinessPanel.js";
import { PageLink } from "../routing/PageLink.js";
import { useNavigate } from "../routing/useRoute.js";
import { useTenant } from "../tenant/TenantContext.js";
import { CopyButton } from "../ui/CopyButton.js";
import { PageTitle } from "../ui/PageTitle.js";
import { Unavailable } from "../ui/Unavailable.js";
import { useRefetchInterval } from "./refetchInterval.js";
import { DeleteSandbox } from "./DeleteSandbox.js";
import { StatusMark } from "./StatusMark.js";
import { hasReadiness, nameOf, statusOfState } from "./status.js";

/** One sandbox: its readiness, its commands and its facts. A link to it works on its own. `isTrouble` says that the page already shows what is wrong. */
export function SandboxPage({ id, isTrouble }: { id: string; isTrouble: boolean }): ReactElement {
  const { data: sandbox, error, refetch } = useSandbox(id, { query: { refetchInterval: useRefetchInterval() } });
  const isGone = isApiError(error) && error.status === 404;
  if (sandbox !== undefined && !isGone) {
    return (
      <Frame>
        {error !== null && !isTrouble && <Problem error={error} as="banner" onRetry={() => void refetch()} />}
        <Details key={id} sandbox={sandbox} />
      </Frame>
    );
  }
  if (error !== null && (isGone || !isTrouble)) {
    return (
      <Frame>
        <PageTitle text={isGone ? "Not found" : "Sandbox"} />
        <Problem error={error} onRetry={() => void refetch()}>
          <PageLink className="button" page={{ name: "home" }}>
            All sandboxes
          </PageLink>
        </Problem>
        <p className="looked-for">
          Looked for <code>{id}</code>
        </p>
      </Frame>
    );
  }
  if (error !== null) return <Unavailable title="Sandbox" />;
  return (
    <Frame>
      <div role="status" aria-label="Loading the sandbox">
        <span className="skeleton title" />
        <span className="skeleton card-shape" />
        <span className="skeleton card-shape tall" />
      </div>
    </Frame>
  );
}

function Frame({ children }: { children: ReactNode }): ReactElement {
  return <div className="page sandbox">{children}</div>;
}

function Details({ sandbox }: { sandbox: Sandbox }): ReactElement {
  const navigate = useNavigate();
  const runs = useRuns(sandbox.id);
  return (
    <>
      <header className="sandbox-head">
        <div>
          <PageTitle text={nameOf(sandbox)} />
          <p className="sandbox-id">
            <code>{sandbox.id}</code>
            <CopyButton text={sandbox.id} label="Id" />
          </p>
        </div>
        <DeleteSandbox
          sandbox={sandbox}
          onDeleted={() => {
            runs.forget();
            navigate({ page: { name: "home" } }, { replace: true });
          }}
        />
      </header>
      {hasReadiness(sandbox) ? <Live sandbox={sandbox} /> : <AtRest sandbox={sandbox} />}
      <Facts sandbox={sandbox} />
    </>
  );
}

function Live({ sandbox }: { sandbox: Sandbox }): ReactElement {
  const readiness = useReadiness(sandbox.id);
  return (
    <>
      <ReadinessPanel sandbox={sandbox} readiness={readiness} />
      <CommandBox sandboxId={sandbox.id} isReady={readiness.isReady} />
    </>
  );
}

function AtRest({ sandbox }: { sandbox: Sandbox }): ReactElement {
  return (
    <section className="card">
      <header className="card-head">
        <h3>Status</h3>
        <StatusMark status={statusOfState(sandbox)} />
      </header>
      <p className="hint">Commands run only in a sandbox that is ready.</p>
    </section>
  );
}

function Facts({ sandbox }: { sandbox: Sandbox }): ReactElement {
  const { attributionLabels } = useTenant();
  const facts = [
    [attributionLabels.workspace, sandbox.externalWorkspaceId],
    [attributionLabels.user, sandbox.externalUserId],
    [attributionLabels.project, sandbox.externalProjectId],
    ["Size", sandbox.size],
    ["Template", sandbox.templateType],
    ["Created", sandbox.createdAt === null ? null : new Date(sandbox.createdAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })],
  ] as const;
  return (
    <section className="card facts-card" aria-labelledby="facts-title">
      <header className="card-head">
        <h3 id="facts-title">Details</h3>
      </header>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value ?? <span className="unset">not set</span>}</dd>
          </div>
        ))}
      </dl>
      {sandbox.isolation === "none" && (
        <p className="callout" data-tone="late">
          This server runs sandboxes as plain processes on its own machine. Nothing keeps them apart from it, so run only code you trust.
        </p>
      )}
    </section>
  );
}
