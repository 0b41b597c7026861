/** Calls back in the next task, after everything that this one still does. */
export function inNextTask(callback: () => void): void {
  setTimeout(callback, 0);
}

/** Calls back again and again; the returned function ends it. */
export function every(intervalMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, intervalMs);
  return () => clearInterval(timer);
}
