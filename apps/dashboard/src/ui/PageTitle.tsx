import { useEffect, useRef, type ReactElement, type ReactNode } from "react";
import { useTenant } from "../tenant/TenantContext.js";

/** The heading of a page: names the browser's tab, and takes the focus when the page changes, so that reading goes on from there. */
export function PageTitle({ text, children }: { text: string; children?: ReactNode }): ReactElement {
  const { name } = useTenant();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${text} · ${name}`;
  }, [text, name]);
  useEffect(() => {
    // On the first load nothing has the focus yet, and the reader starts at the top.
    if (document.activeElement !== document.body || history.state === "moved") heading.current?.focus();
  }, []);
  return (
    <h2 ref={heading} tabIndex={-1} className="page-title">
      {text}
      {children}
    </h2>
  );
}
