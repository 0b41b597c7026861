// What an app ships of us, by what it uses. Needs `npm run build`, for it measures what is published.
import { measureSize, sizedEntries } from "../scripts/entrySizes.mjs";
import { writeSection } from "./lib/results.js";

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(2)} kB`;
const rows: string[][] = [];
let tooLarge = 0;

for (const entry of sizedEntries) {
  const { minBytes, gzipBytes, brotliBytes } = await measureSize(entry);
  if (gzipBytes > entry.budgetBytes) tooLarge += 1;
  rows.push([entry.name, kilobytes(minBytes), kilobytes(gzipBytes), kilobytes(brotliBytes), kilobytes(entry.budgetBytes)]);
}

writeSection({
  name: "size",
  title: "Size of what an app ships",
  method:
    "The published files bundled and minified by esbuild, with all they depend on, except that peers and core are left out of the hooks. gzip -9, brotli 11; 1 kB is 1,000 bytes.",
  table: [["what is used", "minified", "gzip", "brotli", "gzip budget"], ...rows],
  verdict: tooLarge === 0 ? "All are within their budgets." : `${tooLarge} over budget.`,
});
