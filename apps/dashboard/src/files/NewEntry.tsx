import { useState, type FormEvent, type ReactElement } from "react";
import { isApiError, type FileEntry, type MiosaClient } from "@miosa/core";
import { useCreateFolder, useMiosaClient, useWriteFile } from "@miosa/react";
import { useMutation } from "@tanstack/react-query";
import { Problem } from "../problems/Problem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { mistakeInPath, nameIsTaken } from "./entryName.js";
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
  const client = useMiosaClient();
  const { mutate, isPending, error } = useMutation({
    async mutationFn(path: string) {
      // Writing replaces what is there, and the list on the page may be older than that, or of another folder.
      if (await isThere(client, sandboxId, path)) return false;
      await (kind === "file" ? write.mutateAsync({ path, content: "" }) : createFolder.mutateAsync(path));
      return true;
    },
    retry: false,
    networkMode: "always",
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isPending) return;
    const wrong = mistakeInPath(name.trim(), entries);
    setMistake(wrong);
    if (wrong !== null) return;
    const path = `${folder}/${name.trim()}`;
    const onSuccess = (isMade: boolean): void => {
      if (!isMade) return setMistake(nameIsTaken);
      announce(`${name.trim()} created`);
      onCreated(path);
    };
    mutate(path, { onSuccess });
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

async function isThere(client: MiosaClient, sandboxId: string, path: string): Promise<boolean> {
  try {
    await client.files.stat(sandboxId, path);
    return true;
  } catch (error) {
    if (isApiError(error) && error.status === 404) return false;
    throw error;
  }
}
