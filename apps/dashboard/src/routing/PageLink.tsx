import type { AnchorHTMLAttributes, MouseEvent, ReactElement } from "react";
import type { Page } from "./route.js";
import { useNavigate, usePageUrl } from "./useRoute.js";

/** A real link (it can be copied and opened in a new tab) that changes the page without loading it again. */
export function PageLink({ page, children, ...rest }: { page: Page } & AnchorHTMLAttributes<HTMLAnchorElement>): ReactElement {
  const navigate = useNavigate();
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate({ page });
  };
  return (
    <a {...rest} href={usePageUrl(page)} onClick={follow}>
      {children}
    </a>
  );
}
