/** Path of the Chromium to test with: `CHROMIUM_PATH`, else the first one on the PATH, else undefined. */
export function findChromium(): string | undefined;

/** Flags under which Debian's Chromium runs headless, as root too, without looking for the internet. */
export const chromiumArgs: string[];
