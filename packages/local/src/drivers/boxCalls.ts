import type { Channel, ChannelEvents } from "../agent/channels.mjs";
import { streams } from "../agent/channels.mjs";
import type { BoxEgress } from "../egress/createEgress.js";
import { createChannelStream } from "./channelStream.js";

/** Answers what a box asks of the server, which is a way out and nothing else. */
export function answerBox(egress: BoxEgress | undefined): (method: string, params: unknown, channel: Channel) => ChannelEvents {
  return (method, _, channel) => {
    if (method !== "egress" || !egress) {
      channel.fail({ kind: "other", message: "no such method" });
      return {};
    }
    const { duplex, events } = createChannelStream({ sends: streams.input, takes: streams.output }, () => channel, () => {
      if (duplex.writableFinished) channel.done(null);
      else channel.fail({ kind: "other", message: "The connection was cut." });
    });
    egress.accept(duplex);
    return { ...events, onCancel: () => void duplex.destroy() };
  };
}
