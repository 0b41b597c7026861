import type { ReactElement, ReactNode } from "react";
import type { FileEntry } from "@miosa/core";
import { useFile, useFiles } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { refetchAfterErrors } from "../sandboxes/refetchInterval.js";
import { formatSize } from "../ui/size.js";
import { EntryActions, type EntryChanges } from "./EntryActions.js";
import { FileEditor } from "./FileEditor.js";
import { isText, maxShownBytes } from "./fileText.js";
import { splitPath } from "./paths.js";
import { hasDrafts, type Drafts } from "./useDraft.js";

const refetchInterval = refetchAfterErrors(false);

interface FileViewProps extends EntryChanges {
  sandboxId: string;
  path: string;
  drafts: Drafts;
  changeDrafts: (change: (before: Drafts) => Drafts) => void;
}

/** One file: its text to read and change, or why it is not shown, and what else can be done with it. */
export function FileView({ sandboxId, path, drafts, changeDrafts, ...changes }: FileViewProps): ReactElement {
  const { folder, name } = splitPath(path);
  const find = (entries: readonly FileEntry[]): FileEntry | null => entries.find((entry) => entry.path === path) ?? null;
  const listed = useFiles(sandboxId, { path: folder, query: { select: find, refetchInterval } });
  const sizeBytes = listed.data?.sizeBytes ?? null;
  const isTooLong = sizeBytes !== null && sizeBytes > maxShownBytes;
  // Its size is known before it is read: reading takes the whole file into the page.
  const file = useFile(sandboxId, sizeBytes === null || isTooLong ? undefined : path, { query: { refetchInterval } });
  const error = file.error ?? listed.error;

  if (error !== null && file.data === undefined) {
    const retry = (): void => void (file.error === null ? listed : file).refetch();
    return <Problem error={error} as="banner" subject="file" onRetry={retry} />;
  }
  // A file that was just made is in the folder's next answer.
  if (listed.data === null && !listed.isFetching) return <Note>It is not there any more. It may have been moved or deleted in the sandbox.</Note>;
  const actions = listed.data && <EntryActions sandboxId={sandboxId} entry={listed.data} isUnsaved={hasDrafts(drafts, path)} {...changes} />;
  if (isTooLong) {
    return (
      <Note actions={actions}>
        {name} holds {formatSize(sizeBytes)}, too much to show here. A command can show a part: <code>head -n 50 {name}</code>
      </Note>
    );
  }
  if (file.data === undefined || sizeBytes === null) return <div className="skeleton file-skeleton" role="status" aria-label="Loading the file" />;
  if (!isText(file.data)) return <Note actions={actions}>{name} is not UTF-8 text ({formatSize(sizeBytes)}), so it is not shown here.</Note>;
  return (
    <FileEditor sandboxId={sandboxId} path={path} text={file.data} drafts={drafts} changeDrafts={changeDrafts}>
      {actions}
    </FileEditor>
  );
}

function Note({ children, actions }: { children: ReactNode; actions?: ReactNode }): ReactElement {
  return (
    <div className="file-note">
      <p>{children}</p>
      <div className="actions">{actions}</div>
    </div>
  );
}
