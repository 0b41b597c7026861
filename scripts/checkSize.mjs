// Holds the bundled size of what apps use against its budget.
import { measureSize, sizedEntries } from "./entrySizes.mjs";

let failures = 0;
const rows = [["entry", "min", "gzip", "budget", ""]];

for (const entry of sizedEntries) {
  const { minBytes, gzipBytes } = await measureSize(entry);
  const fits = gzipBytes > 0 && gzipBytes <= entry.budgetBytes;
  if (!fits) failures += 1;
  rows.push([entry.name, minBytes, gzipBytes, entry.budgetBytes, fits ? "" : `over by ${gzipBytes - entry.budgetBytes}`].map(String));
}

const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows) {
  console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ").trimEnd());
}
if (failures > 0) console.error("Over budget: make it smaller, or argue for a new budget in scripts/entrySizes.mjs.");
process.exitCode = failures > 0 ? 1 : 0;
