import type { ReactElement } from "react";
import { Icon } from "../ui/Icon.js";
import { formatSize } from "../ui/size.js";
import { splitPath } from "./paths.js";
import type { Upload, Uploads } from "./useUploads.js";

/** The files that are on their way into the sandbox, and those that did not get there. */
export function UploadList({ uploads: { list, isSending, retry, remove } }: { uploads: Uploads }): ReactElement | null {
  if (list.length === 0) return null;
  return (
    <div className="uploads">
      <h4 id="uploads-title">Uploads</h4>
      <ul aria-labelledby="uploads-title">
        {list.map((upload) => (
          <li key={upload.id} data-phase={upload.state.phase}>
            <p className="upload-what">
              <span className="upload-name">{upload.file.name}</span>
              <span className="hint">
                {wordOf(upload)} <span className="number">{formatSize(upload.file.size)}</span> to {splitPath(upload.folder).name}
              </span>
            </p>
            <div className="actions">
              {upload.state.phase === "failed" && upload.state.canRetry && (
                <button type="button" className="button" onClick={() => retry(upload)}>
                  <Icon name="retry" />
                  Try again<span className="visually-hidden"> to upload {upload.file.name}</span>
                </button>
              )}
              <button type="button" className="button quiet" onClick={() => remove(upload)}>
                {upload.state.phase === "failed" ? "Dismiss" : "Cancel"}
                <span className="visually-hidden"> {upload.file.name}</span>
              </button>
            </div>
            {upload.state.phase === "failed" && (
              <p className="upload-failure" role="alert">
                {upload.state.title}. {upload.state.advice}
              </p>
            )}
          </li>
        ))}
      </ul>
      {isSending && <p className="hint">Leaving this sandbox's page cancels them.</p>}
    </div>
  );
}

function wordOf({ state }: Upload): string {
  if (state.phase === "failed") return "Not uploaded:";
  return state.phase === "sending" ? "Uploading" : "Waiting:";
}
