import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { chunksOf, concatBytes, sseCases } from "../../test/sseCases.js";

const eventNames = ["message", "x", "y"];

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** What the browser's own EventSource makes of a stream, until the server tells it not to come back. */
async function readNatively(url: string): Promise<unknown[]> {
  const source = new EventSource(url);
  const events: unknown[] = [];
  for (const name of eventNames) {
    source.addEventListener(name, (event) => events.push([event.type, event.data, event.lastEventId]));
  }
  await new Promise<void>((resolve) => {
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) resolve();
    });
  });
  return events;
}

test("the cases' expected values are what the browser's own EventSource does", async () => {
  const url = await commands.serveEventStreams(sseCases.map((each) => base64(concatBytes(chunksOf(each)))));
  try {
    const events = await Promise.all(sseCases.map((_, at) => readNatively(`${url}/${at}`)));
    const resumeIds = await commands.resumeIds(url);
    const native = sseCases.map(({ name }, at) => ({ name, events: events[at], resumeId: resumeIds[`/${at}`] }));
    expect(native).toEqual(sseCases.map(({ name, events: wanted, resumeId = "" }) => ({ name, events: wanted, resumeId })));
  } finally {
    await commands.stopEventStreams(url);
  }
});
