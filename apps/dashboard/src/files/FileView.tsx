import type { ReactElement, ReactNode } from "react";
import type { FileEntry } from "@miosa/core";
import { useFile, useFiles } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { refetchAfterErrors } from "../sandboxes/refetchInterval.js";
import { Icon } from "../ui/Icon.js";
import { formatSize } from "../ui/size.js";
import { FileEditor } from "./FileEditor.js";
import { isText, maxShownBytes } from "./fileText.js";
import { fileUrl } from "./fileUrl.js";
import { splitPath } from "./paths.js";
import type { Drafts } from "./useDraft.js";

const refetchInterval = refetchAfterErrors(false);

interface FileViewProps {
  sandboxId: string;
  path: string;
  drafts: Drafts;
  changeDrafts: (change: (before: Drafts) => Drafts) => void;
}

/** One file: its text to read and change, or why it is not shown, and a way to download it whatever it is. */
export function FileView({ sandboxId, path, drafts, changeDrafts }: FileViewProps): ReactElement {
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
  const download = (
    <a className="button" href={fileUrl(sandboxId, path)} download={name}>
      <Icon name="download" />
      Download
    </a>
  );
  if (isTooLong) {
    return (
      <Note action={download}>
        {name} holds {formatSize(sizeBytes)}, too much to show here. A command can show a part: <code>head -n 50 {name}</code>
      </Note>
    );
  }
  if (file.data === undefined || sizeBytes === null) return <div className="skeleton file-skeleton" role="status" aria-label="Loading the file" />;
  if (!isText(file.data)) return <Note action={download}>{name} is not UTF-8 text ({formatSize(sizeBytes)}), so it is not shown here.</Note>;
  return (
    <FileEditor sandboxId={sandboxId} path={path} text={file.data} drafts={drafts} changeDrafts={changeDrafts}>
      {download}
    </FileEditor>
  );
}

function Note({ children, action }: { children: ReactNode; action?: ReactNode }): ReactElement {
  return (
    <div className="file-note">
      <p>{children}</p>
      {action}
    </div>
  );
}
