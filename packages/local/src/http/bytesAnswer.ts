/** An answer of raw bytes under a file's name; nothing is read ahead of the client. */
export function bytesAnswer(pieces: AsyncIterable<Uint8Array>, name: string, more: { readonly type?: string; readonly sizeBytes?: number } = {}): Response {
  const { type = "application/octet-stream", sizeBytes } = more;
  return new Response(streamOf(pieces), {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      "x-content-type-options": "nosniff",
      ...(sizeBytes !== undefined && { "content-length": String(sizeBytes) }),
    },
  });
}

function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
