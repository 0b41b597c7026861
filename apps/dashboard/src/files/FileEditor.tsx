import { useRef, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { useWriteFile } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { fromField, lineEndsOf, toField, type LineEnds } from "./fileText.js";
import { splitPath } from "./paths.js";
import { useDraft, type Drafts } from "./useDraft.js";

interface FileEditorProps {
  sandboxId: string;
  path: string;
  /** The file's text as the sandbox has it. */
  text: string;
  drafts: Drafts;
  changeDrafts: (change: (before: Drafts) => Drafts) => void;
  /** Other things to do with the file. */
  children: ReactNode;
}

const lineEndNotes: Record<LineEnds, string> = {
  LF: "",
  CRLF: "Lines end as on Windows (CRLF) and stay so.",
  mixed: "Lines end in both ways; saving makes all of them LF.",
};

/** Changes a text and saves it, whole. */
export function FileEditor({ sandboxId, path, text, drafts, changeDrafts, children }: FileEditorProps): ReactElement {
  const { name } = splitPath(path);
  const announce = useAnnounce();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useDraft(path, drafts, changeDrafts);
  const onSuccess = (): void => {
    setDraft(null);
    announce(`${name} saved`);
  };
  // Given to the hook, not to `mutate`: what was saved is no draft any more, wherever one has gone meanwhile.
  const write = useWriteFile(sandboxId, { mutation: { onSuccess } });
  const saved = toField(text);
  const lineEnds = lineEndsOf(text);
  const isBehind = draft !== null && draft.base !== text && !write.isPending;

  const type = (value: string): void => {
    write.reset();
    setDraft(value === saved ? null : { value, base: draft?.base ?? text });
  };
  const save = (): void => {
    if (draft !== null && !write.isPending) write.mutate({ path, content: fromField(draft.value, lineEnds) });
  };
  const drop = (): void => {
    if (write.isPending) return;
    setDraft(null);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    save();
  };

  return (
    <>
      <textarea
        ref={field}
        className="editor"
        aria-label={`Text of ${name}`}
        value={draft?.value ?? saved}
        // what is typed while it is being saved would be lost
        readOnly={write.isPending}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
        aria-keyshortcuts="Control+S"
        aria-describedby="editor-note"
        wrap="off"
        autoCapitalize="off"
        autoComplete="off"
        spellCheck={false}
      />
      {isBehind && (
        <div className="callout" data-tone="late" role="alert">
          <p>The file has changed in the sandbox since you began. Saving puts your text in its place.</p>
          <button type="button" className="button" onClick={drop}>
            Drop mine
          </button>
        </div>
      )}
      {write.error !== null && <Problem error={write.error} as="banner" subject="file" isAction onRetry={save} />}
      <div className="actions editor-bar">
        <button type="button" className="button primary" aria-disabled={draft === null || write.isPending} onClick={save}>
          {write.isPending ? "Saving…" : "Save"}
        </button>
        {draft !== null && (
          <button type="button" className="button quiet" aria-disabled={write.isPending} onClick={drop}>
            Undo changes
          </button>
        )}
        {children}
        <p id="editor-note" className="hint">
          {draft === null && write.isSuccess ? "Saved. " : ""}
          {lineEndNotes[lineEnds]}
        </p>
      </div>
    </>
  );
}
