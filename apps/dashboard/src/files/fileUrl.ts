import { apiUrl } from "../tenant/pageSession.js";

/** Where the browser downloads a file of a sandbox, of any size and kind, through the gateway. */
export function fileUrl(sandboxId: string, path: string): string {
  return `${apiUrl}/computers/${encodeURIComponent(sandboxId)}/files/download?${new URLSearchParams({ path })}`;
}
