/** Waits for a time, or not at all where it is over. */
export async function pauseMs(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, delayMs)));
}

/** Looks again and again whether `isSo`, until a moment on the monotonic clock that may move on. Resolves to what was seen last. */
export async function until(isSo: () => boolean, untilMs: () => number): Promise<boolean> {
  while (!isSo()) {
    if (performance.now() > untilMs()) return false;
    await pauseMs(4);
  }
  return true;
}
