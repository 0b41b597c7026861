import { Component, type ReactNode } from "react";

/** Stands in for the page when a component throws. React offers this to classes only. */
export class PageBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="crash">
        <div role="alert" className="problem page">
          <h1 className="problem-title">The page stopped working</h1>
          <p className="problem-advice">Your sandboxes are not affected. Load the page again to go on.</p>
          <div className="actions">
            <button type="button" className="button primary" onClick={() => location.reload()}>
              Load again
            </button>
          </div>
        </div>
      </main>
    );
  }
}
