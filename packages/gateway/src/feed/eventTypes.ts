/** True for a `types` filter of a sane size: up to 20 patterns with at most two stars each. Contract 5.3. */
export function isUsableTypes(types: string): boolean {
  const patterns = types.split(",");
  return patterns.length <= 20 && patterns.every((pattern) => /^[\w.]{0,64}(\*[\w.]{0,64}){0,2}$/.test(pattern.trim()));
}

/** Compiles a `types` filter. Without one, everything passes. */
export function createTypeFilter(types: string | null): (type: string) => boolean {
  if (types === null || types.trim() === "") return () => true;
  const patterns = types.split(",").map((pattern) => {
    const source = pattern.trim().replaceAll(".", "\\.").replaceAll("*", ".*");
    return new RegExp(`^${source}$`);
  });
  return (type) => patterns.some((pattern) => pattern.test(type));
}
