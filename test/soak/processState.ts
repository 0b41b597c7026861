/** Shorter than most deadlines of the schedules, so that a deadline's timer that outlives its wait is still there. */
const settleMs = 300;
/** What holds a process open: timers, sockets, servers, and name look-ups. */
const resourceKinds = ["Timeout", "TCPSocketWrap", "TCPServerWrap", "TCPConnectWrap", "GetAddrInfoReqWrap"];

/** The process as it was at one moment. */
export interface ProcessState {
  /** What there is now that there was not then, or went wrong unheard since; undefined where there is nothing. */
  leftOver(): Promise<string | undefined>;
}

/** Remembers what the process holds now, and collects rejections that nobody handles until it is asked what is left. */
export function rememberProcess(): ProcessState {
  const before = resources();
  const rejections: string[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  process.on("unhandledRejection", onRejection);

  /** What the process holds beyond what it held before. */
  function more(): string[] {
    return Array.from(resources(), ([kind, count]) => ({ kind, count: count - (before.get(kind) ?? 0) }))
      .filter(({ count }) => count > 0)
      .map(({ kind, count }) => `${count} ${kind}`);
  }

  return {
    async leftOver() {
      const deadlineMs = performance.now() + settleMs;
      // Not by a timer, which would count itself.
      while (more().length > 0 && performance.now() < deadlineMs) await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", onRejection);
      const findings = [...more(), ...rejections.map((text) => `a rejection that nobody handles: ${text}`)];
      return findings.length === 0 ? undefined : findings.join(", ");
    },
  };
}

function resources(): Map<string, number> {
  const active = process.getActiveResourcesInfo();
  return new Map(resourceKinds.map((kind) => [kind, active.filter((name) => name === kind).length]));
}
