/** @import { Socket } from "node:net" */
/** @import { Channel, ChannelEvents } from "./channels.mjs" */

/**
 * Passes what a connection inside the box says to a channel, and back, each at the other's pace.
 * @param {Socket} socket must stay half open when the other side ends
 * @param {Channel} channel
 * @param {number} stream the channel's stream for what the connection says
 * @returns {Pick<ChannelEvents, "onData" | "onEnd">}
 */
export function relay(socket, channel, stream) {
  socket.on("data", (bytes) => {
    socket.pause();
    void channel.send(stream, bytes).then(() => socket.resume());
  });
  socket.on("end", () => channel.end(stream));
  return {
    onData: (_, bytes) =>
      new Promise((/** @type {(value: void) => void} */ resolve) => {
        if (!socket.writable) return resolve();
        socket.write(bytes, () => resolve());
      }),
    onEnd: () => void socket.end(),
  };
}
