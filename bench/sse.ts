// How fast event streams are read, against the fastest parser there is and the one this began with.
import { getLines } from "@microsoft/fetch-event-source/lib/esm/parse.js";
import { createParser } from "eventsource-parser";
import { createSseParser } from "../packages/core/src/sse/sseMessages.js";
import { alternate } from "./lib/alternate.js";
import { compare } from "./lib/compare.js";
import { writeSection } from "./lib/results.js";

const mebibytes = 50;
const chunkBytes = 65_536;
const targetRatio = 1.5;
const encoder = new TextEncoder();
const events: string[] = [];
for (let length = 0; length < mebibytes * 1_048_576; length += events.at(-1)?.length ?? 0) {
  const at = events.length;
  events.push(`id: ${at}\nevent: stdout\ndata: {"type":"stdout","line":"${"x".repeat(90)} ${at}"}\n\n`);
}
const bytes = encoder.encode(events.join(""));
const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) => bytes.slice(at * chunkBytes, (at + 1) * chunkBytes));

function mustBe(count: number, wanted: number): void {
  if (count !== wanted) throw new Error(`It found ${count} instead of ${wanted}`);
}

const samples = await alternate(
  [
    {
      name: "eventsource-parser 3",
      async run() {
        let count = 0;
        const decoder = new TextDecoder();
        const parser = createParser({ onEvent: () => void (count += 1) });
        for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
        mustBe(count, events.length);
      },
    },
    {
      name: "ours",
      async run() {
        let count = 0;
        const parser = createSseParser(() => void (count += 1));
        for (const chunk of chunks) parser.push(chunk);
        mustBe(count, events.length);
      },
    },
    {
      name: "fetch-event-source getLines alone, with nothing parsed",
      async run() {
        let count = 0;
        const feed = getLines(() => void (count += 1));
        for (const chunk of chunks) feed(chunk);
        mustBe(count, events.length * 4);
      },
    },
  ],
  { rounds: 15, times: 1 },
);

const results = compare(samples, "eventsource-parser 3");
const ours = results.find(({ name }) => name === "ours");
if (!ours) throw new Error("Our parser was not measured");
writeSection({
  name: "sse",
  title: "Reading an event stream",
  method: `${mebibytes} MiB of ${events.length.toLocaleString("en")} events in chunks of 64 KiB, from memory, 15 rounds in turn. The ratio is the median over the rounds, with its 5th and 95th percentile.`,
  table: [
    ["reader", "median", "MiB/s", "ratio to eventsource-parser"],
    ...results.map(({ name, medianMs, ratio, ratioP5, ratioP95 }) => [
      name,
      `${medianMs.toFixed(0)} ms`,
      (mebibytes / (medianMs / 1000)).toFixed(0),
      `${ratio.toFixed(2)} (${ratioP5.toFixed(2)} to ${ratioP95.toFixed(2)})`,
    ]),
  ],
  verdict: `Target: at most ${targetRatio.toFixed(2)}. Measured: ${ours.ratio.toFixed(2)}, ${ours.ratio <= targetRatio ? "met" : "missed"}. The last row is line splitting alone: it goes through the bytes one by one, while our reader decodes each chunk once and searches the text.`,
});
