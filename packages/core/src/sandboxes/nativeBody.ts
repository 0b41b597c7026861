import { computerSizes, sandboxTemplate } from "@miosa/protocol";
import { invalidArgument } from "../errors.js";
import { isRecord } from "../guards.js";
import { requireNumber } from "../requireArguments.js";
import type { CreateSandboxInput } from "./types.js";

/** What the native create says in its own way. Throws `INVALID_ARGUMENT` for resources that are no size. Contract 4.3. */
export function nativeBody(input: CreateSandboxInput): Record<string, unknown> {
  const { timeoutSec, idleTimeoutSec, env, tags } = input;
  for (const [name, value] of Object.entries({ timeoutSec, idleTimeoutSec })) if (value !== undefined) requireNumber(name, value, 1);
  if (env !== undefined && !(isRecord(env) && Object.values(env).every((value) => typeof value === "string"))) {
    throw invalidArgument("env must be an object of strings.");
  }
  requireTags(tags);
  return { template_type: undefined, template_id: input.templateId ?? input.templateType ?? sandboxTemplate, size: sizeOf(input) };
}

/** Throws `INVALID_ARGUMENT` unless `tags` is absent or a list of strings. */
export function requireTags(tags: unknown): void {
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === "string"))) {
    throw invalidArgument("tags must be a list of strings.");
  }
}

/** The size that is meant: by name, or by its three numbers together, which must be those of one size. */
function sizeOf({ size, cpuCount, memoryMb, diskSizeMb }: CreateSandboxInput): string | undefined {
  const given = [cpuCount, memoryMb, diskSizeMb].filter((number) => number !== undefined).length;
  if (given === 0) return size;
  if (given < 3) throw invalidArgument("cpuCount, memoryMb and diskSizeMb go together: give all three, or a size.");
  const match = Object.entries(computerSizes).find(
    ([, contract]) => contract.cpu_count === cpuCount && contract.memory_mb === memoryMb && contract.disk_size_mb === diskSizeMb,
  );
  if (!match) {
    const rows = Object.entries(computerSizes).map(([name, row]) => `${name} ${row.cpu_count}/${row.memory_mb}/${row.disk_size_mb}`);
    throw invalidArgument(`cpuCount, memoryMb and diskSizeMb are no size. The sizes are ${rows.join(", ")}.`);
  }
  const wanted = size === "xlarge" ? "xl" : size;
  if (wanted !== undefined && wanted !== match[0]) throw invalidArgument(`cpuCount, memoryMb and diskSizeMb are those of ${match[0]}, not of ${wanted}.`);
  return match[0];
}
