/** True when an event's type matches one of the patterns, or when there are none. `*` stands for any run of characters. */
export function matchesTypes(patterns: readonly string[], type: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesGlob(pattern, type));
}

/** Reads the `types` query parameter: patterns joined by commas. */
export function readTypes(query: string | undefined): string[] {
  return (query ?? "").split(",").map((pattern) => pattern.trim()).filter(Boolean);
}

// Greedy from both ends: the first part is the start, the last one the end, the others in order between them.
function matchesGlob(pattern: string, type: string): boolean {
  const [start = "", ...others] = pattern.split("*");
  const end = others.pop();
  if (end === undefined) return type === start;
  if (!type.startsWith(start) || !type.endsWith(end)) return false;
  let from = start.length;
  for (const part of others) {
    const at = type.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= type.length - end.length;
}
