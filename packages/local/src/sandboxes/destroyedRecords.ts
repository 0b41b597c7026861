import type { SandboxRecord } from "./sandboxRecord.js";

/** The sandboxes that were destroyed last, of all tenants. */
export interface DestroyedRecords {
  add(record: SandboxRecord, at: number): void;
  /** A tenant's, the one that was destroyed last first. */
  list(tenantId: string): readonly SandboxRecord[];
}

const maxKept = 1_000;

/** Makes an empty list. */
export function createDestroyedRecords(): DestroyedRecords {
  const records: SandboxRecord[] = [];
  return {
    add({ screen: _screen, ...record }, at) {
      // Neither its variables, which may be secrets, nor what is gone with it.
      const native = { ...record.native, env: new Map(), snapshots: new Map(), previews: new Map() };
      records.push({ ...record, native, status: "destroyed", updatedAt: at });
      if (records.length > maxKept) records.shift();
    },
    list: (tenantId) => records.filter((record) => record.tenantId === tenantId).toReversed(),
  };
}
