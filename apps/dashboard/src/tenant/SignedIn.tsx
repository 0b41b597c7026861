import { createContext, Fragment, use, useCallback, useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { MiosaProvider } from "@miosa/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { useNavigate } from "../routing/useRoute.js";
import { useAnnounce } from "../ui/Announcer.js";
import { fetchTenant, signIn } from "./loadTenant.js";
import { openPageSession, userKey } from "./pageSession.js";
import { applyTenant, TenantContext } from "./TenantContext.js";
import type { Tenant } from "./tenant.js";

/** Tells the other tabs of this browser, which have the same cookie, that somebody else is signed in now. */
const channelName = "signed-in";

const SwitchContext = createContext<(account: string) => Promise<void>>(() => Promise.reject(new Error("useSwitchAccount needs SignedIn above it")));

/** Signs in as another demo account. Rejects when the server does not take it; everything then stays as it is. */
export function useSwitchAccount(): (account: string) => Promise<void> {
  return use(SwitchContext);
}

/**
 * Gives everything below it the session of whoever is signed in. When that changes, in this tab or in another, all below is
 * mounted afresh with a client, a cache and a live feed of its own, and the old ones are closed.
 */
export function SignedIn({ first, children }: { first: Tenant; children: ReactNode }): ReactElement {
  const [session, setSession] = useState(() => openPageSession(first));
  const [turn, setTurn] = useState(0);
  const announce = useAnnounce();
  const navigate = useNavigate();

  const enter = useCallback(
    (tenant: Tenant) => {
      applyTenant(tenant);
      setSession(openPageSession(tenant));
      setTurn((before) => before + 1);
      announce(`Signed in to ${tenant.name}${tenant.user === null ? "" : ` as ${tenant.user.name}`}`);
    },
    [announce],
  );

  const shown = useRef(session);
  useEffect(() => {
    if (shown.current === session) return;
    // Only now is nothing of the old session on the page, the element with the focus included.
    shown.current.close();
    shown.current = session;
    document.getElementById("list-title")?.focus();
  }, [session]);

  const channel = useRef<BroadcastChannel>(null);
  useEffect(() => {
    const follow = (): void => {
      const enterOther = (tenant: Tenant): void => {
        if (userKey(tenant) !== userKey(shown.current.tenant)) enter(tenant);
      };
      // Without an answer nothing tells that what is on the page is still for whoever sits before it.
      fetchTenant().then(enterOther, () => location.reload());
    };
    const onPageShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) follow(); // out of the browser's back/forward cache, where no message arrives
    };
    const opened = new BroadcastChannel(channelName);
    channel.current = opened;
    opened.addEventListener("message", follow);
    addEventListener("pageshow", onPageShow);
    return () => {
      opened.close();
      removeEventListener("pageshow", onPageShow);
    };
  }, [enter]);

  const switchAccount = useCallback(
    async (account: string) => {
      const tenant = await signIn(account);
      channel.current?.postMessage(null);
      // What was open belongs to somebody else.
      navigate({ page: { name: "home" }, filter: { workspace: "", user: "", project: "" } });
      enter(tenant);
    },
    [enter, navigate],
  );

  return (
    <SwitchContext value={switchAccount}>
      <Fragment key={turn}>
        <TenantContext value={session.tenant}>
          <QueryClientProvider client={session.queryClient}>
            <MiosaProvider client={session.client} liveFeed={session.liveFeed}>
              {children}
            </MiosaProvider>
          </QueryClientProvider>
        </TenantContext>
      </Fragment>
    </SwitchContext>
  );
}
