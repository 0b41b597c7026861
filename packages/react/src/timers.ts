/** Calls back in the next task, after everything that this one still does. */
export function inNextTask(callback: () => void): void {
  setTimeout(callback, 0);
}

/** Calls back once after a while; the returned function prevents it. */
export function after(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

/** Calls back again and again; the returned function ends it. */
export function every(intervalMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, intervalMs);
  return () => clearInterval(timer);
}

/** Lets the page handle input and paint. Not by a timer: in a hidden tab those come once a second. */
export async function breathe(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.addEventListener("message", resolve);
    port1.start();
    port2.postMessage(null);
  });
  port1.close();
}
