import { useState, type FormEvent, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { useFiles, useRenameFile } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { mistakeInName } from "./entryName.js";
import { NameField } from "./NameField.js";
import { splitPath } from "./paths.js";

interface RenameEntryProps {
  sandboxId: string;
  entry: FileEntry;
  onRenamed: (from: string, to: string) => void;
  onCancel: () => void;
}

/** Gives a file or a folder another name in the same folder. */
export function RenameEntry({ sandboxId, entry, onRenamed, onCancel }: RenameEntryProps): ReactElement {
  const { folder } = splitPath(entry.path);
  const [name, setName] = useState(entry.name);
  const [mistake, setMistake] = useState<string | null>(null);
  const [isLooking, setIsLooking] = useState(false);
  const announce = useAnnounce();
  const listed = useFiles(sandboxId, { path: folder, query: { enabled: false } });
  // Given to the hook, not to `mutate`: a folder that is listed anew first has unmounted this by then.
  const onSuccess = (_: unknown, { from, to }: { from: string; to: string }): void => {
    announce(`${entry.name} is now ${splitPath(to).name}`);
    onRenamed(from, to);
  };
  const rename = useRenameFile(sandboxId, { mutation: { onSuccess } });
  const isBusy = isLooking || rename.isPending;

  const perform = async (to: string): Promise<void> => {
    setIsLooking(true);
    // A rename replaces what has the name already, and the list on the page may be older than that.
    const { data, error } = await listed.refetch();
    setIsLooking(false);
    if (error !== null || data === undefined) return;
    const wrong = mistakeInName(to, data);
    setMistake(wrong);
    if (wrong === null) rename.mutate({ from: entry.path, to: `${folder}/${to}` });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const to = name.trim();
    if (isBusy) return;
    if (to === entry.name) return onCancel();
    rename.reset();
    void perform(to);
  };
  const error = rename.error ?? listed.error;
  return (
    <form className="entry-form" onSubmit={submit}>
      <NameField
        label={`New name of ${entry.name}`}
        hint="It stays in its folder."
        mistake={mistake}
        value={name}
        onChange={setName}
        onCancel={onCancel}
      />
      {error !== null && <Problem error={error} as="banner" subject="file" isAction />}
      <div className="actions">
        <button type="submit" className="button primary" aria-disabled={isBusy}>
          Rename
        </button>
        <button type="button" className="button quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
