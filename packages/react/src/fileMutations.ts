import type { FileContent, MiosaClient, MiosaError, TransferOptions, UploadOptions } from "@miosa/core";
import { mutationOptions, type QueryClient } from "@tanstack/react-query";
import { sandboxKeys } from "./sandboxKeys.js";

/** A file to write: small, and whole. */
export interface WriteFileInput {
  /** Absolute, or relative to the sandbox's workspace. */
  path: string;
  content: FileContent;
}

/** A file to send, of any size. `signal` cancels it; `onProgress` is called as it goes, in a browser at its end. */
export interface UploadFileInput extends WriteFileInput, Pick<UploadOptions, "createDirs" | "signal" | "timeoutMs" | "onProgress"> {}

/** A file to fetch, of any size. `signal` cancels it. */
export interface DownloadFileInput extends Pick<TransferOptions, "signal" | "timeoutMs" | "onProgress"> {
  /** Absolute, or relative to the sandbox's workspace. */
  path: string;
}

/** What to delete. */
export interface DeleteFileInput {
  /** Absolute, or relative to the sandbox's workspace. */
  path: string;
  /** True deletes a folder with all that is in it; without it only an empty one goes. @default false */
  recursive?: boolean;
}

/** What to move or rename. What is at `to` already may be replaced: look before. */
export interface RenameFileInput {
  /** Absolute, or relative to the sandbox's workspace. */
  from: string;
  to: string;
}

/** Mutations of the files of one sandbox, as they stand in `sandboxQueries`. */
export const fileMutations = {
  /** Writes a file of one sandbox. Its folders and the file itself are asked for again where they are shown. `files.write` */
  writeFile: <Context = unknown>(client: MiosaClient, id: string) =>
    changeFiles<WriteFileInput, Context>(id, "write", async ({ path, content }, queryClient) => {
      await client.files.write(id, path, content);
      if (typeof content === "string") queryClient.setQueryData(sandboxKeys.file(id, path), content);
      return true;
    }),

  /** Sends a file of any size to one sandbox. What the page shows of its files is asked for again. `files.upload` */
  uploadFile: <Context = unknown>(client: MiosaClient, id: string) =>
    changeFiles<UploadFileInput, Context>(id, "upload", ({ path, content, ...options }) => client.files.upload(id, path, content, options)),

  /** Fetches a file of any size, as a Blob. `files.download` */
  downloadFile: <Context = unknown>(client: MiosaClient, id: string) =>
    mutationOptions<Blob, MiosaError, DownloadFileInput, Context>({
      mutationKey: [...sandboxKeys.files(id), "download"],
      mutationFn: async ({ path, ...options }) => new Response((await client.files.download(id, path, options)).body).blob(),
      retry: false,
      networkMode: "always",
      gcTime: 0, // it may be large
    }),

  /** Deletes a file or a folder of one sandbox. What the page shows of its files is asked for again. `files.delete` */
  deleteFile: <Context = unknown>(client: MiosaClient, id: string) =>
    changeFiles<DeleteFileInput, Context>(id, "delete", ({ path, ...options }) => client.files.delete(id, path, options)),

  /** Moves or renames a file or a folder of one sandbox. What the page shows of its files is asked for again. `files.rename` */
  renameFile: <Context = unknown>(client: MiosaClient, id: string) =>
    changeFiles<RenameFileInput, Context>(id, "rename", ({ from, to }) => client.files.rename(id, from, to)),

  /** Makes a folder in one sandbox, with those above it. What the page shows of its files is asked for again. `files.mkdir` */
  createFolder: <Context = unknown>(client: MiosaClient, id: string) =>
    changeFiles<string, Context>(id, "mkdir", (path) => client.files.mkdir(id, path)),
};

/** A change to the files of one sandbox, after which those on the page are asked for again. `change` says if the texts that are not still hold. */
function changeFiles<Input, Context>(
  id: string,
  name: string,
  change: (input: Input, queryClient: QueryClient) => Promise<true | void>,
) {
  const queryKey = sandboxKeys.files(id);
  return mutationOptions<void, MiosaError, Input, Context>({
    mutationKey: [...queryKey, name],
    mutationFn: async (input, { client }) => {
      // Under a path that is used again they would flash up as they were.
      if (!(await change(input, client))) client.removeQueries({ queryKey: [...queryKey, "file"], type: "inactive" });
      void client.invalidateQueries({ queryKey });
    },
    retry: false,
    // A change that waits until the browser is online again would come as a surprise, and could not be cancelled.
    networkMode: "always",
  });
}
