import { connect, type Socket } from "node:net";

/** Many browsers on one event stream. */
export interface Browsers {
  /** Resolves with the time, on `performance.now`, at which the last of them had the event. */
  allHave(eventId: string): Promise<number>;
  close(): void;
}

const deadlineMs = 30_000;

/** Opens `count` streams of `url` over sockets of their own, a few at a time, and waits until each has its headers. */
export async function openBrowsers(url: string, count: number): Promise<Browsers> {
  const waiting = new Map<string, { left: number; resolve: (atMs: number) => void }>();
  const sockets: Socket[] = [];

  function arrived(eventId: string): void {
    const wait = waiting.get(eventId);
    if (!wait) return;
    wait.left -= 1;
    if (wait.left > 0) return;
    waiting.delete(eventId);
    wait.resolve(performance.now());
  }

  function open(): Promise<void> {
    const { hostname, port, host, pathname } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      socket.setEncoding("latin1");
      let rest = "";
      let isOpen = false;
      socket.on("data", (chunk: string) => {
        rest += chunk;
        if (!isOpen) {
          if (!rest.includes("\r\n\r\n")) return;
          if (!rest.startsWith("HTTP/1.1 200")) return reject(new Error(rest.slice(0, 200)));
          isOpen = true;
          resolve();
        }
        let last = 0;
        for (const match of rest.matchAll(/id: (\S+)\n[^\n]*\n[^\n]*\n\n/g)) {
          last = match.index + match[0].length;
          arrived(match[1] ?? "");
        }
        rest = rest.slice(last);
      });
      socket.on("error", reject);
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nCookie: acme\r\nAccept: text/event-stream\r\n\r\n`);
    });
  }

  for (let opened = 0; opened < count; opened += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - opened) }, open));
  }
  return {
    allHave: (eventId) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${waiting.get(eventId)?.left} browsers never got ${eventId}`)), deadlineMs);
        waiting.set(eventId, {
          left: count,
          resolve: (atMs) => {
            clearTimeout(timer);
            resolve(atMs);
          },
        });
      }),
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
