import { useEffect, useRef, useState, type ReactElement } from "react";
import { useKept } from "../ui/useKept.js";
import { FileView } from "./FileView.js";
import { FolderView } from "./FolderView.js";
import { crumbsOf, workspace } from "./paths.js";
import type { Drafts } from "./useDraft.js";

/** What the panel shows: a folder, or a file in one. */
interface Place {
  path: string;
  isFile: boolean;
}

const start: Place = { path: workspace, isFile: false };
const noDrafts: Drafts = {};

/** The files of a sandbox: folders to go through, texts to read and change. Where one was is kept, and so is what was not saved. */
export function FilesPanel({ sandboxId, isReady }: { sandboxId: string; isReady: boolean }): ReactElement {
  const [place, setPlace] = useKept([sandboxId, "place"], start);
  const [drafts, changeDrafts] = useKept([sandboxId, "drafts"], noDrafts);
  useWarning(Object.keys(drafts).length > 0);
  const [hasMoved, setHasMoved] = useState(false);
  const go = (path: string, isFile: boolean): void => {
    setHasMoved(true);
    setPlace(() => ({ path, isFile }));
  };

  return (
    <section className="card files" aria-labelledby="files-title">
      <header className="card-head">
        <h3 id="files-title">Files</h3>
        {isReady && <Crumbs key={place.path} path={place.path} hasMoved={hasMoved} onOpen={(path) => go(path, false)} />}
      </header>
      {!isReady && <p className="hint">Shown once the sandbox is ready.</p>}
      {isReady && !place.isFile && <FolderView key={place.path} sandboxId={sandboxId} folder={place.path} drafts={drafts} onOpen={go} />}
      {isReady && place.isFile && (
        <FileView key={place.path} sandboxId={sandboxId} path={place.path} drafts={drafts} changeDrafts={changeDrafts} />
      )}
    </section>
  );
}

interface CrumbsProps {
  path: string;
  /** True when someone went there, and did not find it there. */
  hasMoved: boolean;
  onOpen: (path: string) => void;
}

function Crumbs({ path, hasMoved, onOpen }: CrumbsProps): ReactElement {
  const current = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    // What was pressed to get here is gone, and the focus with it.
    if (hasMoved && document.activeElement === document.body) current.current?.focus();
  }, [hasMoved]);
  return (
    <nav className="crumbs" aria-label="Path">
      <ol>
        {crumbsOf(path).map((crumb) => (
          <li key={crumb.path}>
            {crumb.path === path ? (
              <span ref={current} tabIndex={-1} aria-current="location">
                {crumb.name}
              </span>
            ) : (
              <button type="button" onClick={() => onOpen(crumb.path)}>
                {crumb.name}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** Has the browser ask before the page is closed while something is not saved. */
function useWarning(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isUnsaved]);
}
