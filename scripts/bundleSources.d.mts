export function bundleSources(path: string, options?: { platform?: "node" | "browser" }): Promise<string>;
