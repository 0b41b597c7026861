import { useRef, type ReactElement } from "react";
import type { FileEntry, FileType } from "@miosa/core";
import { useDeleteFile } from "@miosa/react";
import { useAnnounce } from "../ui/Announcer.js";
import { ConfirmDialog } from "../ui/ConfirmDialog.js";
import { Icon } from "../ui/Icon.js";

interface DeleteEntryProps {
  sandboxId: string;
  entry: FileEntry;
  /** True when it, or something in it, was changed on the page and not saved. */
  isUnsaved: boolean;
  onDeleted: (path: string) => void;
}

const words: Record<FileType, string> = { file: "file", directory: "folder", symlink: "link" };

const warnings: Record<FileType, string> = {
  file: "It is removed from the sandbox.",
  directory: "It is removed from the sandbox with everything in it.",
  symlink: "The link is removed from the sandbox; what it leads to stays.",
};

/** Asks before it deletes. */
export function DeleteEntry({ sandboxId, entry: { name, path, type }, isUnsaved, onDeleted }: DeleteEntryProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const announce = useAnnounce();
  // Given to the hook, not to `mutate`: a folder that is listed anew first has unmounted this by then.
  const onSuccess = (): void => {
    announce(`${name} deleted`);
    dialog.current?.close();
    onDeleted(path);
  };
  const remove = useDeleteFile(sandboxId, { mutation: { onSuccess } });
  const open = (): void => {
    remove.reset();
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className="button danger-quiet" onClick={open}>
        <Icon name="trash" />
        Delete<span className="visually-hidden"> {name}</span>
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Delete ${name}?`}
        act={`Delete ${words[type]}`}
        acting="Deleting…"
        isActing={remove.isPending}
        error={remove.error}
        subject="file"
        onAct={() => remove.mutate({ path, recursive: type === "directory" })}
      >
        <p>
          {warnings[type]} This cannot be undone.
          {isUnsaved && " What you changed there and did not save goes with it."}
        </p>
      </ConfirmDialog>
    </>
  );
}
