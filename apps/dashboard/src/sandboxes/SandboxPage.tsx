import type { ReactElement, ReactNode } from "react";
import { isApiError, type Sandbox } from "@miosa/core";
import { useSandbox } from "@miosa/react";
import { CommandBox } from "../exec/CommandBox.js";
import { FilesPanel } from "../files/FilesPanel.js";
import { Problem } from "../problems/Problem.js";
import { useBootReport } from "../readiness/bootReport.js";
import { ReadinessPanel } from "../readiness/ReadinessPanel.js";
import { useReadiness } from "../readiness/useReadiness.js";
import { PageLink } from "../routing/PageLink.js";
import { useNavigate } from "../routing/useRoute.js";
import { useTenant } from "../tenant/TenantContext.js";
import { CopyButton } from "../ui/CopyButton.js";
import { PageTitle } from "../ui/PageTitle.js";
import { Unavailable } from "../ui/Unavailable.js";
import { useForgetKept } from "../ui/useKept.js";
import { useSandboxRefetchInterval } from "./refetchInterval.js";
import { DeleteSandbox } from "./DeleteSandbox.js";
import { PowerButton } from "./PowerButton.js";
import { StatusMark } from "./StatusMark.js";
import { usePower } from "./usePower.js";
import { hasReadiness, nameOf, statusOfState } from "./status.js";

/** One sandbox: its readiness, its commands, its files and its facts. A link to it works on its own. `isTrouble` says that the page already shows what is wrong. */
export function SandboxPage({ id, isTrouble }: { id: string; isTrouble: boolean }): ReactElement {
  const { data: sandbox, error, refetch } = useSandbox(id, { query: { refetchInterval: useSandboxRefetchInterval(id) } });
  const isGone = isApiError(error) && error.status === 404;
  if (sandbox !== undefined && !isGone) {
    return (
      <Frame>
        {error !== null && !isTrouble && <Problem error={error} as="banner" onRetry={() => void refetch()} />}
        <Details key={id} sandbox={sandbox} refetch={refetch} />
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

function Details({ sandbox, refetch }: { sandbox: Sandbox; refetch: () => Promise<unknown> }): ReactElement {
  const navigate = useNavigate();
  const forgetKept = useForgetKept();
  const power = usePower(sandbox);
  const isUp = hasReadiness(sandbox) && !power.isBusy;
  const readiness = useReadiness(sandbox.id, isUp);
  const boot = useBootReport(sandbox, readiness, refetch);
  // What was learned of an earlier boot outlives a stop.
  const isReady = isUp && sandbox.state === "running" && readiness.isReady;
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
        <div className="actions">
          <PowerButton power={power} />
          <DeleteSandbox
            sandbox={sandbox}
            onDeleted={() => {
              forgetKept(sandbox.id);
              navigate({ page: { name: "home" } }, { replace: true });
            }}
          />
        </div>
      </header>
      {power.error !== null && <Problem error={power.error} as="banner" isAction onRetry={power.perform} />}
      {isUp ? (
        <ReadinessPanel sandbox={sandbox} readiness={readiness} boot={boot} restart={power.action === "start" ? power.perform : null} />
      ) : (
        <AtRest sandbox={sandbox} />
      )}
      <CommandBox sandboxId={sandbox.id} isReady={isReady} />
      <FilesPanel sandboxId={sandbox.id} isReady={isReady} />
      <Facts sandbox={sandbox} />
    </>
  );
}

function AtRest({ sandbox }: { sandbox: Sandbox }): ReactElement {
  return (
    <section className="card" aria-labelledby="status-title">
      <header className="card-head">
        <h3 id="status-title">Status</h3>
        <StatusMark status={statusOfState(sandbox)} />
      </header>
      <p className="hint">
        {sandbox.state === "stopped" ? "Its files are kept. Start it to see them and to run commands." : "Commands run only in a sandbox that is ready."}
      </p>
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
