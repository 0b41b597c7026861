import { useState, type ReactElement } from "react";
import type { Sandbox } from "@miosa/core";
import { useSandboxes } from "@miosa/react";
import { OfflineBar } from "./problems/OfflineBar.js";
import { Problem } from "./problems/Problem.js";
import { useOnline } from "./problems/useOnline.js";
import { PageLink } from "./routing/PageLink.js";
import type { Page } from "./routing/route.js";
import { useRoute } from "./routing/useRoute.js";
import { CreateSandbox } from "./sandboxes/CreateSandbox.js";
import { Overview } from "./sandboxes/Overview.js";
import { useRefetchInterval } from "./sandboxes/refetchInterval.js";
import { SandboxList } from "./sandboxes/SandboxList.js";
import { SandboxPage } from "./sandboxes/SandboxPage.js";
import { AccountSwitcher } from "./tenant/AccountSwitcher.js";
import { useTenant } from "./tenant/TenantContext.js";
import { ThemeToggle } from "./theme/ThemeToggle.js";
import { Icon } from "./ui/Icon.js";
import { PageTitle } from "./ui/PageTitle.js";
import { Unavailable } from "./ui/Unavailable.js";
import { UsagePage } from "./usage/UsagePage.js";

/** The whole page: the list on one side, the chosen page on the other; on a narrow screen one at a time. */
export function App(): ReactElement {
  const { page, filter } = useRoute();
  const isOnline = useOnline();
  const query = { refetchInterval: useRefetchInterval() };
  const all = useSandboxes({}, { query });
  const shown = useSandboxes(
    {
      ...(filter.workspace && { externalWorkspaceId: filter.workspace }),
      ...(filter.user && { externalUserId: filter.user }),
      ...(filter.project && { externalProjectId: filter.project }),
    },
    { query },
  );
  return (
    <div className="shell" data-page={page.name}>
      <a className="skip" href="#main">
        Skip to the chosen page
      </a>
      <Header />
      {isOnline && shown.error !== null && <Problem error={shown.error} as="bar" onRetry={() => void shown.refetch()} />}
      {!isOnline && <OfflineBar />}
      <SandboxList page={page} filter={filter} shown={shown} all={all} />
      <main id="main" tabIndex={-1}>
        {page.name !== "home" && (
          <PageLink className="back" page={{ name: "home" }}>
            <Icon name="back" />
            All sandboxes
          </PageLink>
        )}
        <Chosen page={page} shown={shown.data} all={all.data} isTrouble={shown.error !== null || !isOnline} />
      </main>
    </div>
  );
}

interface ChosenProps {
  page: Page;
  /** The list under the filter, once it is known. */
  shown: readonly Sandbox[] | undefined;
  /** The list without it. */
  all: readonly Sandbox[] | undefined;
  /** Whether the page already shows what is wrong. */
  isTrouble: boolean;
}

function Chosen({ page, shown, all, isTrouble }: ChosenProps): ReactElement | null {
  switch (page.name) {
    case "create":
      return <CreateSandbox />;
    case "usage":
      return <UsagePage {...(page.choice && { choice: page.choice })} />;
    case "sandbox":
      return <SandboxPage key={page.id} id={page.id} isTrouble={isTrouble} />;
    case "unknown":
      return <UnknownPage />;
    case "home":
      if (all !== undefined && shown !== undefined) return <Home shown={shown} all={all} />;
      return isTrouble ? <Unavailable title="Overview" /> : null;
  }
}

/** An overview, or the way to a first sandbox. */
function Home({ shown, all }: { shown: readonly Sandbox[]; all: readonly Sandbox[] }): ReactElement {
  // Kept once shown: creating puts a row into the list at once, and the form must stay until its sandbox has an id to go to.
  const [isFirst, setIsFirst] = useState(all.length === 0);
  if (!isFirst && all.length === 0) setIsFirst(true);
  return isFirst ? <CreateSandbox isFirst /> : <Overview sandboxes={shown} />;
}

function Header(): ReactElement {
  const { name, logoUrl } = useTenant();
  return (
    <header className="top">
      <PageLink className="brand" page={{ name: "home" }}>
        {logoUrl === null ? (
          <span className="monogram" aria-hidden="true">
            {name.slice(0, 1).toUpperCase()}
          </span>
        ) : (
          <img className="logo" src={logoUrl} alt="" />
        )}
        <span className="brand-name">{name}</span>
      </PageLink>
      <div className="top-tools">
        <AccountSwitcher />
        <ThemeToggle />
      </div>
    </header>
  );
}

function UnknownPage(): ReactElement {
  return (
    <div className="page">
      <PageTitle text="Nothing here" />
      <p className="lede">This address is not part of the dashboard.</p>
      <PageLink className="button" page={{ name: "home" }}>
        All sandboxes
      </PageLink>
    </div>
  );
}
