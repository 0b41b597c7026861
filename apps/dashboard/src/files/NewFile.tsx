import { useState, type FormEvent, type ReactElement } from "react";
import { useWriteFile } from "@miosa/react";
import { Problem } from "../problems/Problem.js";

interface NewFileProps {
  sandboxId: string;
  folder: string;
  isTaken: (name: string) => boolean;
  onCreated: (path: string) => void;
  onCancel: () => void;
}

/** Names an empty file and makes it; a name with slashes makes the folders on the way. */
export function NewFile({ sandboxId, folder, isTaken, onCreated, onCancel }: NewFileProps): ReactElement {
  const [name, setName] = useState("");
  const [mistake, setMistake] = useState<string | null>(null);
  const write = useWriteFile(sandboxId);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (write.isPending) return;
    const wrong = mistakeIn(name.trim(), isTaken);
    setMistake(wrong);
    const path = `${folder}/${name.trim()}`;
    if (wrong === null) write.mutate({ path, content: "" }, { onSuccess: () => onCreated(path) });
  };
  return (
    <form className="new-file" onSubmit={submit}>
      <label className="field compact">
        <span>Name</span>
        <input
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it was asked for just now, by the button before it
          autoFocus
          name="file-name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && onCancel()}
          placeholder="notes.txt"
          aria-invalid={mistake !== null}
          aria-describedby="file-name-hint"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        <small id="file-name-hint" role={mistake === null ? undefined : "alert"} data-tone={mistake === null ? undefined : "bad"}>
          {mistake ?? "With slashes, the folders on the way are made."}
        </small>
      </label>
      {write.error !== null && <Problem error={write.error} as="banner" subject="file" isAction />}
      <div className="actions">
        <button type="submit" className="button primary" aria-disabled={write.isPending}>
          Create file
        </button>
        <button type="button" className="button quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function mistakeIn(name: string, isTaken: (name: string) => boolean): string | null {
  const parts = name.split("/");
  if (name === "") return "Give it a name.";
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "A name cannot begin or end with a slash, or go up with dots.";
  return isTaken(parts[0] ?? "") && parts.length === 1 ? "There is one of this name already." : null;
}
