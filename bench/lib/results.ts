import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/installMissing.mjs";

const file = join(root, "bench/RESULTS.md");
const head = `# Results

Each section is written by its benchmark. Figures of one table come from one run on one machine and are to be read against each
other; between machines and runs only the ratios compare.
`;

/** A section of bench/RESULTS.md. */
export interface Section {
  /** Name of the benchmark: \`npm run bench -- name\`. */
  name: string;
  title: string;
  /** What was measured and how, in a sentence or two. */
  method: string;
  /** Header row and rows. */
  table: readonly (readonly string[])[];
  /** What the figures say about a target, if there is one. */
  verdict?: string;
}

/** Puts a section into bench/RESULTS.md in place of the one of its last run, and prints it. */
export function writeSection(section: Section): void {
  const start = `<!-- ${section.name}:start -->`;
  const end = `<!-- ${section.name}:end -->`;
  const block = `${start}\n${format(section)}${end}\n`;
  const text = existsSync(file) ? readFileSync(file, "utf8") : head;
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  const isThere = from >= 0 && to > from;
  writeFileSync(file, isThere ? text.slice(0, from) + block + text.slice(to + end.length + 1) : `${text}\n${block}`);
  console.log(format(section));
}

function format({ name, title, method, table, verdict }: Section): string {
  const [header = [], ...rows] = table;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = `|${header.map((_, column) => (column === 0 ? "---" : "---:")).join("|")}|`;
  const machine = `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} cores`;
  return [
    `## ${title}`,
    "",
    method,
    "",
    line(header),
    rule,
    ...rows.map(line),
    ...(verdict ? ["", verdict] : []),
    "",
    `\`npm run bench -- ${name}\` · ${machine}`,
    "",
  ].join("\n");
}
