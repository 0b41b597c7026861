import { useCallback, useMemo, useSyncExternalStore } from "react";
import { routeFromUrl, urlOfRoute, type Page, type Route } from "./route.js";

const movedTo = "moved";

/** True when the page was reached by a link or a button inside the dashboard, not by loading it. */
export function wasMovedTo(): boolean {
  return history.state === movedTo;
}

/** The current route, followed through the browser's history. */
export function useRoute(): Route {
  const url = useSyncExternalStore(subscribe, currentUrl);
  return useMemo(() => {
    const { pathname, search } = new URL(url, location.origin);
    return routeFromUrl(pathname, search);
  }, [url]);
}

/** Goes to another page; the filter stays unless another one is given. */
export function useNavigate(): (to: Partial<Route>, options?: { replace: boolean }) => void {
  const route = useRoute();
  return useCallback(
    (to, options) => {
      const url = urlOfRoute({ ...route, ...to });
      if (url === currentUrl()) return;
      if (options?.replace === true) history.replaceState(movedTo, "", url);
      else history.pushState(movedTo, "", url);
      // pushState tells nobody: this wakes every subscriber, as the browser does for Back.
      dispatchEvent(new PopStateEvent("popstate"));
    },
    [route],
  );
}

/** The address of a page that keeps the current filter, for a link. */
export function usePageUrl(page: Page): string {
  return urlOfRoute({ ...useRoute(), page });
}

function subscribe(onChange: () => void): () => void {
  addEventListener("popstate", onChange);
  return () => removeEventListener("popstate", onChange);
}

function currentUrl(): string {
  return location.pathname + location.search;
}
