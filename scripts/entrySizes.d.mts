/** Something an app does with our packages, as code, and how large it may be. */
export interface SizedEntry {
  name: string;
  code: string;
  /** Packages that the app has anyway. */
  external?: string[];
  /** Budget for min+gzip, in bytes. */
  budgetBytes: number;
}

/** What an app ships of us, by what it uses. */
export const sizedEntries: readonly SizedEntry[];

/** Bundles code that imports the built packages, minifies it and compresses it. Sizes are in bytes. */
export function measureSize(
  entry: Pick<SizedEntry, "code" | "external">,
): Promise<{ minBytes: number; gzipBytes: number; brotliBytes: number }>;
