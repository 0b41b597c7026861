import { Fragment, useState, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { formatAge } from "../ui/duration.js";
import { Icon } from "../ui/Icon.js";
import { formatSize } from "../ui/size.js";
import { useNow } from "../ui/useNow.js";
import { EntryActions, type EntryChanges } from "./EntryActions.js";
import { hasDrafts, type Drafts } from "./useDraft.js";

/** So many entries are put on the page at a time. */
const pageSize = 200;

interface EntryTableProps extends EntryChanges {
  sandboxId: string;
  folder: string;
  entries: readonly FileEntry[];
  drafts: Drafts;
  onOpen: (path: string, isFile: boolean) => void;
}

/** The entries of a folder; what can be done with one opens below it. */
export function EntryTable({ sandboxId, folder, entries, drafts, onOpen, ...changes }: EntryTableProps): ReactElement {
  const [shown, setShown] = useState(pageSize);
  const [chosen, setChosen] = useState<string | null>(null);
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
            <th scope="col" className="entry-more">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.slice(0, shown).map((entry) => {
            const isUnsaved = hasDrafts(drafts, entry.path);
            const isChosen = chosen === entry.path;
            return (
              <Fragment key={entry.path}>
                <tr data-chosen={isChosen}>
                  <th scope="row">
                    <Entry entry={entry} onOpen={onOpen} isUnsaved={isUnsaved} />
                  </th>
                  <td className="number">{entry.type === "file" ? formatSize(entry.sizeBytes) : ""}</td>
                  <td className="number entry-age">{ageOf(entry, nowMs)}</td>
                  <td className="entry-more">
                    <button type="button" className="button quiet" aria-expanded={isChosen} onClick={() => setChosen(isChosen ? null : entry.path)}>
                      <Icon name="more" />
                      <span className="visually-hidden">Actions for {entry.name}</span>
                    </button>
                  </td>
                </tr>
                {isChosen && (
                  <tr className="entry-actions">
                    <td colSpan={4}>
                      <div className="actions">
                        <EntryActions sandboxId={sandboxId} entry={entry} isUnsaved={isUnsaved} {...changes} />
                      </div>
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
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
  onOpen: EntryTableProps["onOpen"];
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

function ageOf({ modifiedAt }: FileEntry, nowMs: number): string {
  const atMs = modifiedAt === null ? Number.NaN : Date.parse(modifiedAt);
  return Number.isFinite(atMs) ? formatAge(nowMs - atMs) : "";
}
