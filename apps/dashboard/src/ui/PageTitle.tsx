import { useEffect, useRef, type ReactElement, type ReactNode } from "react";
import { wasMovedTo } from "../routing/useRoute.js";
import { useTenant } from "../tenant/TenantContext.js";

/** The heading of a page: names the browser's tab, and takes the focus when the page changes, so that reading goes on from there. */
export function PageTitle({ text, children }: { text: string; children?: ReactNode }): ReactElement {
  const { name } = useTenant();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${text} · ${name}`;
  }, [text, name]);
  useEffect(() => {
    // A page that was just loaded is read from its top; and what someone is typing into keeps the focus.
    if (wasMovedTo() && !(document.activeElement instanceof HTMLInputElement)) heading.current?.focus();
  }, []);
  return (
    <h2 ref={heading} tabIndex={-1} className="page-title">
      {text}
      {children}
    </h2>
  );
}
