/** A wall clock that can be set forward and back. */
export interface JumpingClock {
  jumpTo(offsetMs: number): void;
  /** Puts the real clock back. */
  restore(): void;
}

/** Replaces `Date.now` in this process. `new Date()` keeps the real time: nothing of the client may depend on either. */
export function installJumpingClock(): JumpingClock {
  const realNow = Date.now;
  let offsetMs = 0;
  Date.now = () => realNow.call(Date) + offsetMs;
  return {
    jumpTo(nextMs) {
      offsetMs = nextMs;
    },
    restore() {
      Date.now = realNow;
    },
  };
}
