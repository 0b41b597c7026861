import { once } from "node:events";
import { createServer } from "node:net";
import { streams } from "./channels.mjs";
import { relay } from "./relay.mjs";

/** @import { Socket } from "node:net" */
/** @import { createMux } from "./mux.mjs" */

/** Where the proxy listens, inside each box on its own loopback. */
const port = 3128;
const url = `http://127.0.0.1:${port}`;
const direct = "localhost,127.0.0.1,::1";

/** What makes programs use it. Node's own `fetch` looks only when it is told to, from Node 22.21 on. */
export const proxyEnvironment = {
  HTTP_PROXY: url,
  HTTPS_PROXY: url,
  http_proxy: url,
  https_proxy: url,
  NO_PROXY: direct,
  no_proxy: direct,
  NODE_USE_ENV_PROXY: "1",
};

/**
 * Hands each connection to the proxy's port to the server, byte for byte: it alone decides, since nothing in the box is trusted.
 * @param {Pick<ReturnType<typeof createMux>, "call">} mux
 */
export async function offerEgress(mux) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => handOver(mux, socket));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

/**
 * @param {Pick<ReturnType<typeof createMux>, "call">} mux
 * @param {Socket} socket
 */
function handOver(mux, socket) {
  socket.on("error", () => {}); // `close` follows
  const channel = mux.call("egress", {}, {
    onData: (_, bytes) => passing.onData?.(_, bytes),
    onEnd: (stream) => passing.onEnd?.(stream),
  });
  const passing = relay(socket, channel, streams.output);
  socket.on("close", () => channel.cancel());
  // A reset and not an end, so that nobody takes what was cut off for the whole.
  channel.result.then(() => socket.destroySoon(), () => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy()));
  socket.resume();
}
