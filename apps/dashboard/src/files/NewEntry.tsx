import { useState, type FormEvent, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { useCreateFolder, useWriteFile } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { mistakeInPath } from "./entryName.js";
import { NameField } from "./NameField.js";

interface NewEntryProps {
  sandboxId: string;
  folder: string;
  kind: "file" | "folder";
  entries: readonly FileEntry[];
  onCreated: (path: string) => void;
  onCancel: () => void;
}

/** Names an empty file or a folder and makes it; a name with slashes makes the folders on the way. */
export function NewEntry({ sandboxId, folder, kind, entries, onCreated, onCancel }: NewEntryProps): ReactElement {
  const [name, setName] = useState("");
  const [mistake, setMistake] = useState<string | null>(null);
  const announce = useAnnounce();
  const write = useWriteFile(sandboxId);
  const createFolder = useCreateFolder(sandboxId);
  const { isPending, error } = kind === "file" ? write : createFolder;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isPending) return;
    const wrong = mistakeInPath(name.trim(), entries);
    setMistake(wrong);
    if (wrong !== null) return;
    const path = `${folder}/${name.trim()}`;
    const onSuccess = (): void => {
      announce(`${name.trim()} created`);
      onCreated(path);
    };
    if (kind === "file") write.mutate({ path, content: "" }, { onSuccess });
    else createFolder.mutate(path, { onSuccess });
  };
  return (
    <form className="entry-form" onSubmit={submit}>
      <NameField
        label="Name"
        placeholder={kind === "file" ? "notes.txt" : "src"}
        hint="With slashes, the folders on the way are made."
        mistake={mistake}
        value={name}
        onChange={setName}
        onCancel={onCancel}
      />
      {error !== null && <Problem error={error} as="banner" subject="file" isAction />}
      <div className="actions">
        <button type="submit" className="button primary" aria-disabled={isPending}>
          Create {kind}
        </button>
        <button type="button" className="button quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
