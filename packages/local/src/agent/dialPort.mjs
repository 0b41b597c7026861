import { connect } from "node:net";
import { streams } from "./channels.mjs";
import { relay } from "./relay.mjs";
import { BoxRequestError } from "./requestError.mjs";

/** @import { Channel, ChannelEvents } from "./channels.mjs" */

/**
 * Answers a call for a port that a process of the box listens on.
 * @param {number} port
 * @param {Channel} channel
 * @param {(channel: Channel, error: unknown) => void} failWith
 * @returns {ChannelEvents}
 */
export function dialPort(port, channel, failWith) {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.once("connect", () => channel.message({ connected: true }));
  socket.on("close", () => channel.done(null));
  socket.on("error", () => failWith(channel, new BoxRequestError("port", `nothing listens on port ${port}`)));
  return { ...relay(socket, channel, streams.output), onCancel: () => void socket.destroy() };
}
