/**
 * How long a test waits, in milliseconds, for what must happen: far longer than it takes, for a machine may be busy. It is the
 * deadline of every `expect.poll`, every `waitFor` of Testing Library and every `waitUntil`; no test says anything about speed.
 */
export const patienceMs = 20_000;

/** How long a whole test or hook may take: several waits, and what was wrong is still told by the wait that failed. */
export const testTimeoutMs = 60_000;
