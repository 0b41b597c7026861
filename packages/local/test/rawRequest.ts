import { connect } from "node:net";

/** Sends bytes over a socket of its own and resolves with all that comes back until the server closes or `timeoutMs`. */
export function rawRequest(port: number, bytes: string, timeoutMs = 1_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => void socket.write(bytes));
    socket.setEncoding("utf8");
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}
