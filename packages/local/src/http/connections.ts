import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { after } from "../timers.js";

/** What a server has open. */
export interface Connections {
  /** How many connections there are. */
  sockets(): number;
  /** Resolves when every answer that was begun has been sent, and after `patienceMs` at the latest. */
  answered(patienceMs: number): Promise<void>;
}

/** Follows a server's connections and answers from now on. */
export function trackConnections(http: Server): Connections {
  const sockets = new Set<Socket>();
  const answers = new Set<ServerResponse>();
  let onAnswered = (): void => {};
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  http.on("request", (_, response) => {
    answers.add(response);
    response.once("close", () => {
      answers.delete(response);
      if (answers.size === 0) onAnswered();
    });
  });
  return {
    sockets: () => sockets.size,
    async answered(patienceMs) {
      if (answers.size === 0) return;
      await new Promise<void>((resolve) => {
        const callOff = after(patienceMs, resolve);
        onAnswered = () => {
          callOff();
          resolve();
        };
      });
    },
  };
}

/** Listens, and resolves with the port. Rejects when it is taken. */
export function listen(http: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      const address = http.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
