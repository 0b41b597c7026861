import { useRef, type ReactElement } from "react";
import type { Sandbox } from "@miosa/core";
import { useDeleteSandbox } from "@miosa/react";
import { useAnnounce } from "../ui/Announcer.js";
import { ConfirmDialog } from "../ui/ConfirmDialog.js";
import { Icon } from "../ui/Icon.js";
import { nameOf } from "./status.js";

/** Asks before it deletes. */
export function DeleteSandbox({ sandbox, onDeleted }: { sandbox: Sandbox; onDeleted: () => void }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const announce = useAnnounce();
  // Given to the hook, not to `mutate`: a page that learns first that the sandbox is gone has unmounted this by then.
  const onSuccess = (): void => {
    announce(`${nameOf(sandbox)} deleted`);
    dialog.current?.close();
    onDeleted();
  };
  const remove = useDeleteSandbox({ mutation: { onSuccess } });
  const open = (): void => {
    remove.reset();
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className="button danger-quiet" onClick={open}>
        <Icon name="trash" />
        Delete
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Delete ${nameOf(sandbox)}?`}
        act="Delete sandbox"
        acting="Deleting…"
        isActing={remove.isPending}
        error={remove.error}
        onAct={() => remove.mutate(sandbox.id)}
      >
        <p>Its files are removed and whatever runs in it is stopped. This cannot be undone.</p>
      </ConfirmDialog>
    </>
  );
}
