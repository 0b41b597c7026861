import { invalidArgument } from "../errors.js";
import type { FileContent } from "./types.js";

const encoder = /* @__PURE__ */ new TextEncoder();

/** The bytes of a content. Throws `INVALID_ARGUMENT` for anything else. */
export async function contentBytes(content: FileContent): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof content === "string") return encoder.encode(content);
  if (content instanceof Uint8Array) return new Uint8Array(content);
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (content instanceof Blob) return new Uint8Array(await content.arrayBuffer());
  throw invalidArgument("content must be a string, bytes or a Blob.");
}

/** Base64 in pieces: one call with all bytes as arguments would overflow the stack. */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 32_768) pieces.push(String.fromCharCode(...bytes.subarray(at, at + 32_768)));
  return btoa(pieces.join(""));
}
