import { useRef, useState, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { useFiles } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { refetchAfterErrors } from "../sandboxes/refetchInterval.js";
import { Icon } from "../ui/Icon.js";
import type { EntryChanges } from "./EntryActions.js";
import { EntryTable } from "./EntryTable.js";
import { NewEntry } from "./NewEntry.js";
import { splitPath } from "./paths.js";
import { UploadButton } from "./UploadButton.js";
import type { Drafts } from "./useDraft.js";
import type { Offered } from "./useOffers.js";

const refetchInterval = refetchAfterErrors(false);

interface FolderViewProps extends EntryChanges {
  sandboxId: string;
  folder: string;
  drafts: Drafts;
  onOpen: (path: string, isFile: boolean) => void;
  onFiles: (offered: readonly Offered[]) => void;
}

/** What is in a folder, folders first. */
export function FolderView({ sandboxId, folder, drafts, onOpen, onFiles, ...changes }: FolderViewProps): ReactElement {
  const { data: entries, error, isFetching, refetch } = useFiles(sandboxId, { path: folder, query: { select: inOrder, refetchInterval } });
  const [naming, setNaming] = useState<"file" | "folder" | null>(null);
  const newButtons = { file: useRef<HTMLButtonElement>(null), folder: useRef<HTMLButtonElement>(null) };
  const endNaming = (): void => {
    if (naming !== null) newButtons[naming].current?.focus();
    setNaming(null);
  };
  return (
    <>
      <div className="actions files-bar">
        {(["file", "folder"] as const).map((kind) => (
          <button
            key={kind}
            ref={newButtons[kind]}
            type="button"
            className="button"
            aria-expanded={naming === kind}
            onClick={() => setNaming(naming === kind ? null : kind)}
          >
            <Icon name={kind === "file" ? "plus" : "folderPlus"} />
            New {kind}
          </button>
        ))}
        <UploadButton onFiles={onFiles} />
        <button type="button" className="button quiet" aria-busy={isFetching} onClick={() => void refetch()}>
          <Icon name="retry" />
          Refresh
        </button>
      </div>
      {naming !== null && (
        <NewEntry
          key={naming}
          sandboxId={sandboxId}
          folder={folder}
          kind={naming}
          entries={entries ?? []}
          onCreated={(path) => onOpen(path, naming === "file")}
          onCancel={endNaming}
        />
      )}
      {error !== null && <Problem error={error} as="banner" subject="file" onRetry={() => void refetch()} />}
      {entries === undefined && error === null && <Skeleton />}
      {entries?.length === 0 && (
        <p className="hint">
          Nothing is in <code>{folder}</code> yet. A command can write here, and so can you: make a file, or drop some.
        </p>
      )}
      {entries !== undefined && entries.length > 0 && (
        <EntryTable sandboxId={sandboxId} folder={folder} entries={entries} drafts={drafts} onOpen={onOpen} {...changes} />
      )}
    </>
  );
}

function Skeleton(): ReactElement {
  return (
    <div className="entries-skeleton" role="status" aria-label="Loading files">
      {[40, 55, 30].map((width) => (
        <span key={width} className="skeleton" style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

function inOrder(entries: readonly FileEntry[]): FileEntry[] {
  const rank = ({ type }: FileEntry): number => (type === "directory" ? 0 : 1);
  const named = entries.map((entry) => ({ ...entry, name: entry.name || splitPath(entry.path).name }));
  return named.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
}
