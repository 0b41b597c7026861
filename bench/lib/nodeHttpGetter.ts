import { Agent, get } from "node:http";

/** `GET` and JSON by hand through `node:http`, over kept-alive connections: the way of clients that do not use the platform's fetch. */
export function nodeHttpGetter(url: string, headers: Readonly<Record<string, string>>): { get(): Promise<unknown>; close(): void } {
  const agent = new Agent({ keepAlive: true });
  return {
    get: () =>
      new Promise((resolve, reject) => {
        const request = get(url, { agent, headers, timeout: 10_000 }, (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("error", reject);
          response.on("end", () => {
            if (response.statusCode === 200) resolve(JSON.parse(text));
            else reject(new Error(`The server answered ${response.statusCode ?? "nothing"}`));
          });
        });
        request.on("timeout", () => request.destroy(new Error("No answer within 10 s")));
        request.on("error", reject);
      }),
    close: () => agent.destroy(),
  };
}
