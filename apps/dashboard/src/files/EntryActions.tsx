import { useRef, useState, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { Icon } from "../ui/Icon.js";
import { DeleteEntry } from "./DeleteEntry.js";
import { DownloadButton } from "./DownloadButton.js";
import { RenameEntry } from "./RenameEntry.js";

/** What happened to an entry, for what shows it. */
export interface EntryChanges {
  onRenamed: (from: string, to: string) => void;
  onDeleted: (path: string) => void;
}

interface EntryActionsProps extends EntryChanges {
  sandboxId: string;
  entry: FileEntry;
  /** True when it, or something in it, was changed on the page and not saved. */
  isUnsaved: boolean;
}

/** What can be done with a file, a folder or a link. */
export function EntryActions({ sandboxId, entry, isUnsaved, onRenamed, onDeleted }: EntryActionsProps): ReactElement {
  const [isRenaming, setIsRenaming] = useState(false);
  const renameButton = useRef<HTMLButtonElement>(null);
  const endRenaming = (): void => {
    setIsRenaming(false);
    renameButton.current?.focus();
  };
  return (
    <>
      {entry.type === "file" && <DownloadButton sandboxId={sandboxId} entry={entry} />}
      <button ref={renameButton} type="button" className="button" aria-expanded={isRenaming} onClick={() => setIsRenaming(!isRenaming)}>
        <Icon name="rename" />
        Rename<span className="visually-hidden"> {entry.name}</span>
      </button>
      <DeleteEntry sandboxId={sandboxId} entry={entry} isUnsaved={isUnsaved} onDeleted={onDeleted} />
      {isRenaming && <RenameEntry sandboxId={sandboxId} entry={entry} onRenamed={onRenamed} onCancel={endRenaming} />}
    </>
  );
}
