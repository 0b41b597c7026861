import { useRef, useState, type ReactElement } from "react";
import type { FileEntry } from "@miosa/core";
import { useDownloadFile } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { Icon } from "../ui/Icon.js";

/** How long the saved bytes stay in reach after the click, in milliseconds: Safari takes them some time later. */
const reachMs = 60_000;

/** Fetches a file of any size and kind, and saves it as browsers do. It goes on when its button has left the page. */
export function DownloadButton({ sandboxId, entry: { name, path } }: { sandboxId: string; entry: FileEntry }): ReactElement {
  const announce = useAnnounce();
  const [percent, setPercent] = useState<number | null>(null);
  const abort = useRef<AbortController>(null);
  const download = useDownloadFile(sandboxId, {
    mutation: {
      onSuccess(blob) {
        save(blob, name);
        announce(`${name} downloaded`);
      },
      onSettled: () => setPercent(null),
    },
  });
  const start = (): void => {
    abort.current = new AbortController();
    download.mutate({
      path,
      signal: abort.current.signal,
      onProgress: ({ sentBytes, totalBytes }) => setPercent(totalBytes ? Math.floor((sentBytes / totalBytes) * 100) : null),
    });
  };
  const cancel = (): void => {
    abort.current?.abort();
    download.reset();
    setPercent(null);
  };
  return (
    <>
      {download.isPending ? (
        <button type="button" className="button" onClick={cancel}>
          <Icon name="stop" />
          Cancel<span className="visually-hidden"> the download of {name}</span>
          {percent !== null && <span className="number">{percent} %</span>}
        </button>
      ) : (
        <button type="button" className="button" onClick={start}>
          <Icon name="download" />
          Download<span className="visually-hidden"> {name}</span>
        </button>
      )}
      {download.error !== null && <Problem error={download.error} as="banner" subject="file" isAction />}
    </>
  );
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), reachMs);
}
