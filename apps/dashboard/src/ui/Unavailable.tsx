import type { ReactElement } from "react";
import { PageTitle } from "./PageTitle.js";

/** Stands where a page would be while nothing is known; what is wrong stands above, for the whole dashboard. */
export function Unavailable({ title }: { title: string }): ReactElement {
  return (
    <div className="page">
      <PageTitle text={title} />
      <p className="lede">Nothing is known yet. This page fills as soon as the sandbox API answers.</p>
    </div>
  );
}
