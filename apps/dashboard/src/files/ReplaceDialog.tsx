import { useEffect, useRef, type ReactElement } from "react";
import { ConfirmDialog } from "../ui/ConfirmDialog.js";

interface ReplaceDialogProps {
  /** Names of files that are there already. */
  names: readonly string[];
  onReplace: () => void;
  onKeep: () => void;
}

/** So many names are told. */
const shownNames = 8;

/** Asks before an upload takes the place of files; opened while it is on the page. */
export function ReplaceDialog({ names, onReplace, onKeep }: ReplaceDialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  const replace = (): void => {
    dialog.current?.close(); // gives the focus back
    onReplace();
  };
  const one = names.length === 1;
  return (
    <ConfirmDialog
      dialog={dialog}
      title={one ? `Replace ${names[0]}?` : `Replace ${names.length} files?`}
      keep={one ? "Keep it" : "Keep them"}
      act="Replace"
      acting="Replace"
      isActing={false}
      error={null}
      onAct={replace}
      onClose={onKeep}
    >
      <p>{one ? "A file of this name is there already." : "Files of these names are there already."} What is in {one ? "it" : "them"} now would be lost.</p>
      {!one && (
        <ul>
          {names.slice(0, shownNames).map((name) => (
            <li key={name}>{name}</li>
          ))}
          {names.length > shownNames && <li>and {names.length - shownNames} more</li>}
        </ul>
      )}
    </ConfirmDialog>
  );
}
