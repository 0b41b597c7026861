import { useRef, useState, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { useFiles } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { refetchAfterErrors } from "../sandboxes/refetchInterval.js";
import { formatAge } from "../ui/duration.js";
import { Icon } from "../ui/Icon.js";
import { formatSize } from "../ui/size.js";
import { useNow } from "../ui/useNow.js";
import { NewFile } from "./NewFile.js";
import { splitPath } from "./paths.js";
import type { Drafts } from "./useDraft.js";

/** So many entries are put on the page at a time. */
const pageSize = 200;
const refetchInterval = refetchAfterErrors(false);

interface FolderViewProps {
  sandboxId: string;
  folder: string;
  drafts: Drafts;
  onOpen: (path: string, isFile: boolean) => void;
}

/** What is in a folder, folders first. */
export function FolderView({ sandboxId, folder, drafts, onOpen }: FolderViewProps): ReactElement {
  const { data: entries, error, isFetching, refetch } = useFiles(sandboxId, { path: folder, query: { select: inOrder, refetchInterval } });
  const [isNaming, setIsNaming] = useState(false);
  const newButton = useRef<HTMLButtonElement>(null);
  const endNaming = (): void => {
    setIsNaming(false);
    newButton.current?.focus();
  };
  return (
    <>
      <div className="actions files-bar">
        <button ref={newButton} type="button" className="button" aria-expanded={isNaming} onClick={() => setIsNaming(!isNaming)}>
          <Icon name="plus" />
          New file
        </button>
        <button type="button" className="button quiet" aria-busy={isFetching} onClick={() => void refetch()}>
          <Icon name="retry" />
          Refresh
        </button>
      </div>
      {isNaming && (
        <NewFile
          sandboxId={sandboxId}
          folder={folder}
          isTaken={(name) => entries?.some((entry) => entry.name === name) ?? false}
          onCreated={(path) => onOpen(path, true)}
          onCancel={endNaming}
        />
      )}
      {error !== null && <Problem error={error} as="banner" subject="file" onRetry={() => void refetch()} />}
      {entries === undefined && error === null && <Skeleton />}
      {entries?.length === 0 && (
        <p className="hint">
          Nothing is in <code>{folder}</code> yet. A command can write here, and so can New file.
        </p>
      )}
      {entries !== undefined && entries.length > 0 && <Entries folder={folder} entries={entries} drafts={drafts} onOpen={onOpen} />}
    </>
  );
}

function Entries({ folder, entries, drafts, onOpen }: Omit<FolderViewProps, "sandboxId"> & { entries: readonly FileEntry[] }): ReactElement {
  const [shown, setShown] = useState(pageSize);
  const nowMs = useNow(15_000);
  return (
    <>
      <table className="entries">
        <caption className="visually-hidden">Contents of {folder}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Size</th>
            <th scope="col" className="entry-age">Changed</th>
          </tr>
        </thead>
        <tbody>
          {entries.slice(0, shown).map((entry) => (
            <tr key={entry.path}>
              <th scope="row">
                <Entry entry={entry} onOpen={onOpen} isUnsaved={drafts[entry.path] !== undefined} />
              </th>
              <td className="number">{entry.type === "file" ? formatSize(entry.sizeBytes) : ""}</td>
              <td className="number entry-age">{ageOf(entry, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {entries.length > shown && (
        <div className="actions entries-more">
          <button type="button" className="button" onClick={() => setShown(shown + pageSize)}>
            Show {Math.min(pageSize, entries.length - shown)} more
          </button>
          <span className="hint number">
            {shown.toLocaleString()} of {entries.length.toLocaleString()}
          </span>
        </div>
      )}
    </>
  );
}

interface EntryProps {
  entry: FileEntry;
  onOpen: FolderViewProps["onOpen"];
  isUnsaved: boolean;
}

function Entry({ entry: { name, path, type }, onOpen, isUnsaved }: EntryProps): ReactElement {
  if (type === "symlink") {
    return (
      <span className="entry" title="Links are not followed here. A command can: cat, ls.">
        <Icon name="link" />
        <span className="entry-name">{name}</span>
        <span className="visually-hidden">, link</span>
      </span>
    );
  }
  return (
    <button type="button" className="entry" onClick={() => onOpen(path, type === "file")}>
      <Icon name={type === "file" ? "file" : "folder"} />
      <span className="entry-name">{name}</span>
      {type === "directory" && <span className="visually-hidden">, folder</span>}
      {isUnsaved && <span className="unsaved">not saved</span>}
    </button>
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

function ageOf({ modifiedAt }: FileEntry, nowMs: number): string {
  const atMs = modifiedAt === null ? Number.NaN : Date.parse(modifiedAt);
  return Number.isFinite(atMs) ? formatAge(nowMs - atMs) : "";
}
