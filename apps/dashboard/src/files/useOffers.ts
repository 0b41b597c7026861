import { useState } from "react";
import type { FileEntry } from "@miosa/core";
import { useFiles } from "@miosa/react";
import { describeProblem } from "../problems/describeProblem.js";
import type { Refusal, Uploads } from "./useUploads.js";

/** Something that someone chose or dropped. */
export interface Offered {
  file: File;
  /** True for a folder: a page gets no bytes of it. */
  isFolder: boolean;
}

/** Files that would take the place of others. */
export interface Clash {
  names: readonly string[];
  /** Sends all of them, or those only that are new; the question is answered then. */
  replace: () => void;
  keep: () => void;
}

const refusedFolder: Refusal = {
  title: "A folder cannot be uploaded",
  advice: "Upload it as an archive, and unpack that with a command.",
};

const takenByFolder: Refusal = {
  title: "It cannot be replaced",
  advice: "What has this name there is no plain file. Rename or delete that first.",
};

/** Sends what is offered into a folder, and asks first where it would replace something. */
export function useOffers(sandboxId: string, folder: string, uploads: Uploads): { offer: (offered: readonly Offered[]) => Promise<void>; clash: Clash | null } {
  const listed = useFiles(sandboxId, { path: folder, query: { enabled: false } });
  const [clash, setClash] = useState<Clash | null>(null);

  const offer = async (offered: readonly Offered[]): Promise<void> => {
    // The list on the page may be older than what would be replaced.
    const { data, error } = await listed.refetch();
    const files = offered.map(({ file }) => file);
    if (data === undefined || error !== null) return uploads.add(folder, files, () => describeProblem(error, { subject: "file", isAction: true }));
    const there = new Map(data.map((entry): [string, FileEntry] => [entry.name, entry]));
    const folders = new Set(offered.filter(({ isFolder }) => isFolder).map(({ file }) => file));
    const refuse = (file: File): Refusal | null => {
      if (folders.has(file)) return refusedFolder;
      return (there.get(file.name)?.type ?? "file") === "file" ? null : takenByFolder;
    };
    const clashing = files.filter((file) => refuse(file) === null && there.has(file.name));
    if (clashing.length === 0) return uploads.add(folder, files, refuse);
    const answer = (chosen: readonly File[]) => () => {
      setClash(null);
      uploads.add(folder, chosen, refuse);
    };
    const names = clashing.map(({ name }) => name);
    setClash({ names, replace: answer(files), keep: answer(files.filter((file) => !clashing.includes(file))) });
  };
  return { offer, clash };
}
