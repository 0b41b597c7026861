import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** The page runs its own files only and talks to its own origin only. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' https:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Headers of every answer that is not the gateway's. */
export const pageHeaders = {
  "content-security-policy": pagePolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves a built page from `folder`. Addresses without a file extension get `index.html`, so that a link to a page inside the
 * dashboard works.
 */
export function createPageHandler(folder) {
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "Only GET is possible here.\n", { allow: "GET, HEAD" });
    const path = decodePath(new URL(request.url).pathname);
    if (path === undefined) return answer(400, "The address is not well encoded.\n");
    const name = extname(path) === "" ? "index.html" : normalize(path);
    const full = join(folder, name);
    const body = full.startsWith(folder + sep) ? await readIfThere(full) : undefined;
    if (body === undefined) return answer(404, "There is no such file.\n");
    return file(request, body, extname(full), path.startsWith("/assets/"));
  };
}

function file(request, body, extension, isImmutable) {
  const headers = {
    ...pageHeaders,
    "content-type": types[extension] ?? "application/octet-stream",
    "content-length": String(Buffer.byteLength(body)),
    // Built files carry a hash of their content in the name; everything else is asked for anew each time.
    "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

function answer(status, text, headers = {}) {
  return new Response(text, { status, headers: { ...pageHeaders, "content-type": "text/plain; charset=utf-8", ...headers } });
}

function decodePath(pathname) {
  try {
    const path = decodeURIComponent(pathname);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined; // a "%" without two hex digits
  }
}

async function readIfThere(path) {
  try {
    return await readFile(path);
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "EISDIR" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}
