import { useId, useRef, type ReactElement } from "react";
import type { Sandbox } from "@miosa/core";
import { useDeleteSandbox } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { Icon } from "../ui/Icon.js";
import { nameOf } from "./status.js";

/** Asks before it deletes; Escape and Cancel both keep the sandbox and give the focus back. */
export function DeleteSandbox({ sandbox, onDeleted }: { sandbox: Sandbox; onDeleted: () => void }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const announce = useAnnounce();
  const titleId = useId();
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
      <dialog ref={dialog} className="dialog" role="alertdialog" aria-labelledby={titleId} aria-describedby={`${titleId}-text`}>
        <h3 id={titleId}>Delete {nameOf(sandbox)}?</h3>
        <p id={`${titleId}-text`}>Its files are removed and whatever runs in it is stopped. This cannot be undone.</p>
        {remove.error !== null && <Problem error={remove.error} as="banner" isAction />}
        <div className="actions">
          <button type="button" className="button" autoFocus onClick={() => dialog.current?.close()}>
            Keep it
          </button>
          <button type="button" className="button danger" aria-disabled={remove.isPending} onClick={() => !remove.isPending && remove.mutate(sandbox.id)}>
            {remove.isPending ? "Deleting…" : "Delete sandbox"}
          </button>
        </div>
      </dialog>
    </>
  );
}
