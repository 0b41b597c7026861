import { useId, type ReactElement, type ReactNode, type RefObject } from "react";
import { Problem } from "../problems/Problem.js";
import type { Subject } from "../problems/describeProblem.js";

interface ConfirmDialogProps {
  /** Opened by `showModal()`, closed by `close()`. */
  dialog: RefObject<HTMLDialogElement | null>;
  /** The question. */
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** What the button says that leaves everything as it is; it has the focus at first. @default "Keep it" */
  keep?: string;
  /** What the button says that does it, and what while it is being done. */
  act: string;
  acting: string;
  isActing: boolean;
  error: unknown;
  /** What an error was about. @default "sandbox" */
  subject?: Subject;
  onAct: () => void;
  /** Called when it was closed, whichever way. */
  onClose?: () => void;
}

/** Asks before something that cannot be undone. Escape and the first button leave everything as it is and give the focus back. */
export function ConfirmDialog({
  dialog,
  title,
  children,
  keep = "Keep it",
  act,
  acting,
  isActing,
  error,
  subject = "sandbox",
  onAct,
  onClose,
}: ConfirmDialogProps): ReactElement {
  const titleId = useId();
  return (
    <dialog ref={dialog} className="dialog" role="alertdialog" aria-labelledby={titleId} aria-describedby={`${titleId}-text`} onClose={onClose}>
      <h3 id={titleId}>{title}</h3>
      <div id={`${titleId}-text`} className="dialog-text">
        {children}
      </div>
      {error !== null && <Problem error={error} as="banner" subject={subject} isAction />}
      <div className="actions">
        <button type="button" className="button" autoFocus onClick={() => dialog.current?.close()}>
          {keep}
        </button>
        <button type="button" className="button danger" aria-disabled={isActing} onClick={() => !isActing && onAct()}>
          {isActing ? acting : act}
        </button>
      </div>
    </dialog>
  );
}
