import { useRef, type ReactElement } from "react";
import { Icon } from "../ui/Icon.js";
import type { Offered } from "./useOffers.js";

/** Has the browser ask for files; dropping them does the same. */
export function UploadButton({ onFiles }: { onFiles: (offered: readonly Offered[]) => void }): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button" onClick={() => field.current?.click()}>
        <Icon name="upload" />
        Upload
      </button>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={({ currentTarget }) => {
          onFiles(Array.from(currentTarget.files ?? [], (file) => ({ file, isFolder: false })));
          currentTarget.value = ""; // the same one can be chosen again
        }}
      />
    </>
  );
}
