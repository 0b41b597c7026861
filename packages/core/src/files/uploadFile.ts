import { invalidArgument, TimeoutError } from "../errors.js";
import { onTheWire } from "../http/readBody.js";
import type { Transport } from "../http/transport.js";
import { requireId, requireNumber, requireString } from "../requireArguments.js";
import { createDeadline } from "../timers.js";
import { contentBytes } from "./fileContent.js";
import type { FileContent, UploadOptions } from "./types.js";

const encoder = /* @__PURE__ */ new TextEncoder();

/** Sends a file as multipart/form-data. `POST /computers/:id/files/upload`, contract 6.6. */
export async function uploadFile(
  transport: Transport,
  id: string,
  path: string,
  content: FileContent | ReadableStream<Uint8Array>,
  options: UploadOptions = {},
): Promise<void> {
  requireId(id);
  requireString("path", path);
  const { createDirs = true, timeoutMs = Number.POSITIVE_INFINITY, signal, headers, onProgress } = options;
  requireNumber("timeoutMs", timeoutMs, 0);
  if (content instanceof ReadableStream && content.locked) throw invalidArgument("content is a stream that something else reads already.");
  const deadline = createDeadline(timeoutMs, signal);
  let letGo: (() => void) | undefined;
  try {
    const form = { path, createDirs, name: path.split("/").findLast((part) => part !== "") ?? "file" };
    const { rawBody, contentType, totalBytes, stop } = streamsRequests()
      ? streamedForm(form, await readable(content), onProgress)
      : await browserForm(form, content);
    letGo = stop;
    const response = await deadline.race(
      transport.open("POST /computers/:id/files/upload", {
        params: { id },
        rawBody,
        headers: { ...headers, ...(contentType !== undefined && { "content-type": contentType }) },
        accept: "application/json",
        signal: deadline.signal,
      }),
    );
    await onTheWire({ request: "POST /computers/:id/files/upload", sandboxId: id }, () => response.text(), deadline.signal);
    if (contentType === undefined && totalBytes !== undefined) onProgress?.({ sentBytes: totalBytes, totalBytes });
  } catch (error) {
    if (deadline.expired) throw new TimeoutError(`The upload did not finish within ${timeoutMs} ms.`, { code: "TIMEOUT", sandboxId: id });
    throw error;
  } finally {
    letGo?.(); // an answer may come before the last byte was asked for
    deadline.dispose();
  }
}

interface Form {
  path: string;
  name: string;
  createDirs: boolean;
}

interface FormBody {
  rawBody: BodyInit;
  /** Undefined where the runtime writes it. */
  contentType: string | undefined;
  totalBytes: number | undefined;
  /** Lets go of the file. Harmless at its end. */
  stop?: () => void;
}

/** Pages can stream a body over HTTP/2 only, and some not at all; all other runtimes can. */
function streamsRequests(): boolean {
  return !("window" in globalThis) && typeof Reflect.get(globalThis, "importScripts") !== "function";
}

async function readable(content: FileContent | ReadableStream<Uint8Array>): Promise<{ stream: ReadableStream<Uint8Array>; totalBytes: number | undefined }> {
  if (content instanceof ReadableStream) return { stream: content, totalBytes: undefined };
  const blob = content instanceof Blob ? content : new Blob([await contentBytes(content)]);
  return { stream: blob.stream(), totalBytes: blob.size };
}

/** The form as a stream that asks the file for its next piece only when the connection takes it. */
function streamedForm(
  form: Form,
  { stream, totalBytes }: { stream: ReadableStream<Uint8Array>; totalBytes: number | undefined },
  onProgress: UploadOptions["onProgress"],
): FormBody {
  const boundary = `miosa-${crypto.randomUUID()}`;
  const field = (name: string, value: string): string => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const quoted = form.name.replace(/[\r\n"]/g, (character) => encodeURIComponent(character));
  const head =
    field("path", form.path) +
    field("create_dirs", String(form.createDirs)) +
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quoted}"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  const reader = stream.getReader();
  let sentBytes = 0;
  const rawBody = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(head)),
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.enqueue(encoder.encode(`\r\n--${boundary}--\r\n`));
          controller.close();
          return;
        }
        sentBytes += value.length;
        controller.enqueue(value);
        onProgress?.({ sentBytes, totalBytes });
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const stop = (): void => void reader.cancel().catch(() => undefined); // a source that fails to end is no failure of the upload
  return { rawBody, contentType: `multipart/form-data; boundary=${boundary}`, totalBytes, stop };
}

/** The form as a page sends it best: a Blob stays where it lies until the browser reads it. */
async function browserForm(form: Form, content: FileContent | ReadableStream<Uint8Array>): Promise<FormBody> {
  const blob = content instanceof Blob ? content : content instanceof ReadableStream ? await new Response(content).blob() : new Blob([await contentBytes(content)]);
  const rawBody = new FormData();
  rawBody.set("path", form.path);
  rawBody.set("create_dirs", String(form.createDirs));
  rawBody.set("file", blob, form.name);
  return { rawBody, contentType: undefined, totalBytes: blob.size };
}
