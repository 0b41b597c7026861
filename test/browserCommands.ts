import type { BrowserCommand } from "vitest/node";

/** Commands that tests in the browser may call on the test process. */
export const browserCommands: Record<string, BrowserCommand<never[]>> = {};
