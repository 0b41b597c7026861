import { useEffect, useRef, useState, type ReactElement, type RefObject } from "react";
import { useKept } from "../ui/useKept.js";
import type { EntryChanges } from "./EntryActions.js";
import { FileView } from "./FileView.js";
import { FolderView } from "./FolderView.js";
import { crumbsOf, splitPath, workspace } from "./paths.js";
import { ReplaceDialog } from "./ReplaceDialog.js";
import { UploadList } from "./UploadList.js";
import { movedDrafts, withoutDrafts, type Drafts } from "./useDraft.js";
import { useDrop } from "./useDrop.js";
import { useOffers } from "./useOffers.js";
import { useUploads } from "./useUploads.js";

/** What the panel shows: a folder, or a file in one. */
interface Place {
  path: string;
  isFile: boolean;
}

const start: Place = { path: workspace, isFile: false };
const noDrafts: Drafts = {};

/**
 * The files of a sandbox: folders to go through, texts to read and change, files to send and fetch. Where one was is kept, and so is
 * what was not saved.
 */
export function FilesPanel({ sandboxId, isReady }: { sandboxId: string; isReady: boolean }): ReactElement {
  const [place, setPlace] = useKept([sandboxId, "place"], start);
  const [drafts, changeDrafts] = useKept([sandboxId, "drafts"], noDrafts);
  const uploads = useUploads(sandboxId);
  useWarning(Object.keys(drafts).length > 0 || uploads.isSending);
  const folder = place.isFile ? splitPath(place.path).folder : place.path;
  const { offer, clash } = useOffers(sandboxId, folder, uploads);
  const drop = useDrop(isReady && clash === null, (offered) => void offer(offered));
  const [hasMoved, setHasMoved] = useState(false);
  const here = useRef<HTMLSpanElement>(null);
  const go = (path: string, isFile: boolean): void => {
    setHasMoved(true);
    setPlace(() => ({ path, isFile }));
  };
  /** Goes on from `from`, unless one has gone elsewhere meanwhile. */
  const goOn = (from: string, to: Partial<Place>): void => {
    setHasMoved(true);
    setPlace((before) => (before.path === from ? { ...before, ...to } : before));
    here.current?.focus(); // what was pressed is about to go
  };
  const changes: EntryChanges = {
    onRenamed(from, to) {
      changeDrafts((before) => movedDrafts(before, from, to));
      goOn(from, { path: to });
    },
    onDeleted(path) {
      changeDrafts((before) => withoutDrafts(before, path));
      goOn(path, { path: splitPath(path).folder, isFile: false });
    },
  };

  return (
    <section className="card files" aria-labelledby="files-title" data-over={drop.isOver} {...drop.listeners}>
      <header className="card-head">
        <h3 id="files-title">Files</h3>
        {isReady && <Crumbs key={place.path} path={place.path} hasMoved={hasMoved} here={here} onOpen={(path) => go(path, false)} />}
      </header>
      {!isReady && <p className="hint">Shown once the sandbox is ready.</p>}
      {isReady && !place.isFile && (
        <FolderView key={place.path} sandboxId={sandboxId} folder={place.path} drafts={drafts} onOpen={go} onFiles={(offered) => void offer(offered)} {...changes} />
      )}
      {isReady && place.isFile && (
        <FileView key={place.path} sandboxId={sandboxId} path={place.path} drafts={drafts} changeDrafts={changeDrafts} {...changes} />
      )}
      <UploadList uploads={uploads} />
      {clash !== null && <ReplaceDialog names={clash.names} onReplace={clash.replace} onKeep={clash.keep} />}
      {drop.isOver && (
        <p className="drop-note" aria-hidden="true">
          Drop to upload to {splitPath(folder).name}
        </p>
      )}
    </section>
  );
}

interface CrumbsProps {
  path: string;
  /** True when someone went there, and did not find it there. */
  hasMoved: boolean;
  here: RefObject<HTMLSpanElement | null>;
  onOpen: (path: string) => void;
}

function Crumbs({ path, hasMoved, here, onOpen }: CrumbsProps): ReactElement {
  useEffect(() => {
    // What was pressed to get here is gone, and the focus with it.
    if (hasMoved && document.activeElement === document.body) here.current?.focus();
  }, [hasMoved, here]);
  return (
    <nav className="crumbs" aria-label="Path">
      <ol>
        {crumbsOf(path).map((crumb) => (
          <li key={crumb.path}>
            {crumb.path === path ? (
              <span ref={here} tabIndex={-1} aria-current="location">
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

/** Has the browser ask before the page is closed while something is not saved, or not sent. */
function useWarning(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isUnsaved]);
}
