import { useEffect, useRef, useState } from "react";
import { useUploadFile } from "@miosa/react";
import { describeProblem } from "../problems/describeProblem.js";
import { useAnnounce } from "../ui/Announcer.js";

/** A file that someone chose or dropped, on its way into a folder. */
export interface Upload {
  readonly id: number;
  readonly folder: string;
  readonly file: File;
  readonly state: { phase: "waiting" } | { phase: "sending" } | { phase: "failed"; title: string; advice: string; canRetry: boolean };
}

/** Why a file cannot be sent at all. */
export interface Refusal {
  title: string;
  advice: string;
}

/** The uploads of one sandbox. */
export interface Uploads {
  /** Those that wait, go on, or failed. */
  list: readonly Upload[];
  isSending: boolean;
  /** Sends files one after the other; those that `refuse` finds something wrong with are shown as failed. */
  add: (folder: string, files: readonly File[], refuse?: (file: File) => Refusal | null) => void;
  retry: (upload: Upload) => void;
  /** Cancels it, or takes it off the list. */
  remove: (upload: Upload) => void;
}

/** Sends files into a sandbox, one at a time, and keeps what failed in sight. Leaving the sandbox's page cancels them. */
export function useUploads(sandboxId: string): Uploads {
  const announce = useAnnounce();
  const { mutateAsync } = useUploadFile(sandboxId);
  const [list, setList] = useState<readonly Upload[]>([]);
  const aborts = useRef(new Map<number, AbortController>());
  const line = useRef(Promise.resolve());
  const lastId = useRef(0);
  useEffect(() => {
    const open = aborts.current;
    return () => {
      for (const abort of open.values()) abort.abort();
    };
  }, []);

  const drop = (id: number): void => setList((before) => before.filter((upload) => upload.id !== id));
  const change = (id: number, state: Upload["state"]): void =>
    setList((before) => before.map((upload) => (upload.id === id ? { ...upload, state } : upload)));

  const send = async ({ id, folder, file }: Upload, abort: AbortController): Promise<void> => {
    if (abort.signal.aborted) return;
    change(id, { phase: "sending" });
    try {
      await mutateAsync({ path: `${folder}/${file.name}`, content: file, signal: abort.signal });
      drop(id);
      announce(`${file.name} uploaded`);
    } catch (error) {
      if (abort.signal.aborted) return; // it is off the list already
      change(id, { phase: "failed", ...describeProblem(error, { subject: "file", isAction: true }) });
    } finally {
      aborts.current.delete(id);
    }
  };
  const enqueue = (upload: Upload): void => {
    const abort = new AbortController();
    aborts.current.set(upload.id, abort);
    line.current = line.current.then(() => send(upload, abort));
  };

  return {
    list,
    isSending: list.some(({ state }) => state.phase !== "failed"),
    add(folder, files, refuse = () => null) {
      const added = files.map((file): Upload => {
        const refusal = refuse(file);
        lastId.current += 1;
        return { id: lastId.current, folder, file, state: refusal === null ? { phase: "waiting" } : { phase: "failed", canRetry: false, ...refusal } };
      });
      setList((before) => [...before, ...added]);
      for (const upload of added) if (upload.state.phase === "waiting") enqueue(upload);
    },
    retry(upload) {
      change(upload.id, { phase: "waiting" });
      enqueue(upload);
    },
    remove({ id }) {
      aborts.current.get(id)?.abort();
      drop(id);
    },
  };
}
