/** Names of sizes. Contract 4.3. */
export type WireSizeName = "xs" | "small" | "medium" | "large" | "xl";

/** What a size stands for. */
export interface WireSizeContract {
  readonly cpu_count: number;
  readonly memory_mb: number;
  readonly disk_size_mb: number;
}

/** The size contracts; the server's default is `small`. Contract 4.3. */
export const computerSizes: Readonly<Record<WireSizeName, WireSizeContract>> = {
  xs: { cpu_count: 1, memory_mb: 2048, disk_size_mb: 10240 },
  small: { cpu_count: 2, memory_mb: 4096, disk_size_mb: 10240 },
  medium: { cpu_count: 4, memory_mb: 8192, disk_size_mb: 20480 },
  large: { cpu_count: 8, memory_mb: 16384, disk_size_mb: 40960 },
  xl: { cpu_count: 16, memory_mb: 32768, disk_size_mb: 81920 },
};
