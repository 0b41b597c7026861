import { Duplex } from "node:stream";
import type { Channel, ChannelEvents } from "../agent/channels.mjs";

/** What a channel's bytes are, once they are a stream. */
export interface ChannelStream {
  readonly duplex: Duplex;
  /** What the channel has to tell it. */
  readonly events: Required<Pick<ChannelEvents, "onData" | "onEnd">>;
}

/** Which of a channel's streams are written and read. */
export interface ChannelEnds {
  readonly sends: number;
  readonly takes: number;
}

/** Makes a stream of a channel's bytes, both ways and each at its reader's pace. `onDestroyed` is told when it is over. */
export function createChannelStream({ sends, takes }: ChannelEnds, channel: () => Channel, onDestroyed: (error: Error | null) => void): ChannelStream {
  let onRoom = (): void => {};
  const duplex = new Duplex({
    read: () => onRoom(),
    write: (bytes: Buffer, _, done) => void settle(channel().send(sends, bytes), done),
    final(done) {
      channel().end(sends);
      done();
    },
    destroy(error, done) {
      onDestroyed(error);
      onRoom();
      done(error);
    },
  });
  return {
    duplex,
    events: {
      onData: (stream, bytes) =>
        new Promise((resolve) => {
          if (stream !== takes || duplex.destroyed || duplex.readableEnded || duplex.push(bytes)) return resolve();
          onRoom = resolve;
        }),
      onEnd: (stream) => void (stream !== takes || duplex.destroyed || duplex.push(null)),
    },
  };
}

async function settle(sent: Promise<void>, done: (error?: Error) => void): Promise<void> {
  await sent; // never rejects: what cannot be sent any more is dropped, and the end is told otherwise
  done();
}
