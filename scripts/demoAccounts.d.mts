import type { DemoAccount } from "./demoPlatform.mjs";

/** Who can sign in to what `npm start` starts: a user of each of two customers, and the platform's staff. */
export const demoAccounts: readonly DemoAccount[];

/** The one account of a start with a brand of its own. */
export function accountsOf(brand: object): DemoAccount[];
