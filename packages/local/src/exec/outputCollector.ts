import { StringDecoder } from "node:string_decoder";

/** Output of a command, up to a limit. */
export interface CollectedOutput {
  /** Both streams in the order in which their pieces arrived. */
  output: string;
  stdout: string;
  stderr: string;
  /** Bytes past the limit, which were thrown away. */
  droppedBytes: number;
}

/** Collects a command's output; what goes past `limitBytes` over both streams is counted and dropped. */
export function createOutputCollector(limitBytes: number): {
  add(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  end(): CollectedOutput;
} {
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  const collected: CollectedOutput = { output: "", stdout: "", stderr: "", droppedBytes: 0 };
  let left = limitBytes;

  function append(stream: "stdout" | "stderr", text: string): void {
    collected[stream] += text;
    collected.output += text;
  }

  return {
    add(stream, bytes) {
      const taken = bytes.subarray(0, left);
      left -= taken.byteLength;
      collected.droppedBytes += bytes.byteLength - taken.byteLength;
      append(stream, decoders[stream].write(Buffer.from(taken)));
    },
    end() {
      // A character that the limit cut in two is left out rather than shown as a broken one.
      if (collected.droppedBytes === 0) for (const stream of ["stdout", "stderr"] as const) append(stream, decoders[stream].end());
      return collected;
    },
  };
}
