import { BoxEndedError } from "../drivers/driver.js";
import { HttpProblem } from "../http/httpProblem.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { SandboxStore } from "../sandboxes/sandboxStore.js";
import type { Quotas } from "./quotas.js";

/** What a look at an end user's storage needs. */
export interface StorageParts {
  readonly quotas: Quotas;
  readonly store: Pick<SandboxStore, "list" | "usageOf">;
}

/** A gigabyte of `max_storage_gb`, in bytes. */
export const gigabyte = 1_000_000_000;

/** Bytes that a sandbox's files take up on disk, without its snapshots. */
export async function bytesOf(record: SandboxRecord, { store }: Pick<StorageParts, "store">): Promise<number> {
  try {
    return (await store.usageOf(record)).workspaceBytes ?? 0;
  } catch (error) {
    if (error instanceof BoxEndedError) return 0; // right now: it is counted again once it is stopped
    throw error;
  }
}

/** Bytes that the files and snapshots of an end user's sandboxes take up, running or not. */
export async function storageUse(tenantId: string, userId: string, parts: Pick<StorageParts, "store">): Promise<number> {
  const own = parts.store.list(tenantId).filter(({ attribution }) => attribution.external_user_id === userId);
  const files = await Promise.all(own.map((record) => bytesOf(record, parts)));
  const snapshots = own.flatMap(({ native }) => [...native.snapshots.values()].map(({ sizeBytes = 0 }) => sizeBytes));
  return [...files, ...snapshots].reduce((sum, bytes) => sum + bytes, 0);
}

/** How many bytes more an end user may store: `Infinity` without a limit, and below 0 past it. */
export async function storageRoom(tenantId: string, userId: string | null, parts: StorageParts): Promise<number> {
  const { maxStorageGb } = (userId === null ? undefined : parts.quotas.get(tenantId, userId)) ?? {};
  if (maxStorageGb === undefined || userId === null) return Infinity;
  return maxStorageGb * gigabyte - (await storageUse(tenantId, userId, parts));
}

/** Refuses what would take `addedBytes` more of an end user's storage, and anything once that is used up. */
export async function checkStorage(tenantId: string, userId: string | null, addedBytes: number, parts: StorageParts): Promise<void> {
  const room = await storageRoom(tenantId, userId, parts);
  if (room <= 0 || addedBytes > room) throw storageProblem(tenantId, userId, room, parts);
}

/** The problem of an end user whose storage is used up but for `room`. */
export function storageProblem(tenantId: string, userId: string | null, room: number, { quotas }: Pick<StorageParts, "quotas">): HttpProblem {
  const { maxStorageGb: limit = 0 } = (userId === null ? undefined : quotas.get(tenantId, userId)) ?? {};
  const used = (limit * gigabyte - room) / gigabyte;
  return new HttpProblem("QUOTA_EXCEEDED", `This user's storage is used up: max_storage_gb is ${limit}.`, { details: { quota: "max_storage_gb", limit, used } });
}
