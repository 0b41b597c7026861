/** Folder of the repository. */
export const root: string;

/** What `node_modules` lacks of the lock file: a path, or undefined when everything needed is there. */
export function firstMissingPackage(folder?: string): string | undefined;

/** Runs `npm ci` when `node_modules` is absent or not what the lock file says. Returns the exit code. */
export function installPackages(): number;

/** Makes sure that there is a Chromium to test with: one on the PATH, else Debian's package when we may install it. Returns the exit code. */
export function installChromium(): number;

/** Makes sure that there is a bubblewrap, with which the local server isolates sandboxes, likewise. Returns the exit code. */
export function installBubblewrap(): number;

/** Makes sure that the programs that tests of the local server run are there, likewise. Returns the exit code. */
export function installTestPrograms(): number;
