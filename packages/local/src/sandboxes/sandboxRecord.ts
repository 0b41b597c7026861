import { randomUUID } from "node:crypto";
import { sandboxTemplate, type WireComputer, type WireReadiness } from "@miosa/protocol";
import type { VisitorTokens } from "../access/visitorTokens.js";
import type { PreviewServer } from "./previewServer.js";

/** Sizes and what they stand for. The local server reports them; it does not enforce them. Contract 4.3. */
export const sizes = {
  xs: { vcpus: 1, memory_mb: 2_048, disk_size_mb: 10_240 },
  small: { vcpus: 2, memory_mb: 4_096, disk_size_mb: 10_240 },
  medium: { vcpus: 4, memory_mb: 8_192, disk_size_mb: 20_480 },
  large: { vcpus: 8, memory_mb: 16_384, disk_size_mb: 40_960 },
  xl: { vcpus: 16, memory_mb: 32_768, disk_size_mb: 81_920 },
} as const;

export type SizeName = keyof typeof sizes;

/** The three labels of a platform's own customer, user and project. */
export interface Attribution {
  external_workspace_id: string | null;
  external_user_id: string | null;
  external_project_id: string | null;
}

/** What a caller may choose when creating. */
export interface CreateFields {
  name?: string;
  slug?: string;
  templateType: string | null;
  /** @default "sandbox" with `native`, else "computer" */
  madeAs?: "computer" | "sandbox";
  size: SizeName;
  visibility: string;
  metadata: Readonly<Record<string, unknown>>;
  attribution: Attribution;
  native?: Partial<Pick<NativeFields, "timeoutSec" | "idleTimeoutSec" | "persistent" | "alwaysOn" | "tags">> & { env?: Readonly<Record<string, string>> };
}

export type SandboxStatus = "creating" | "starting" | "running" | "paused" | "stopping" | "stopped" | "error" | "destroying" | "destroyed";

/** A saved state of a sandbox's files. Contract 4.15. */
export interface SnapshotRecord {
  readonly id: string;
  readonly directory: string;
  readonly comment: string | null;
  readonly createdAt: number;
  /** What its files take up on disk. */
  readonly sizeBytes?: number;
  /** Kept for ever; else it goes when `expiresAt` has passed. */
  readonly keep?: boolean;
  /** How long it is kept, in seconds. */
  readonly retentionSec?: number;
  /** When it was last restored or forked from, in milliseconds since 1970. */
  lastUsedAt?: number;
}

/** A port of a sandbox under an address. Contract 4.12. */
export interface PreviewRecord {
  readonly id: string;
  readonly port: number;
  /** Whether everyone who reaches its address is let in, or only who holds a token. */
  visibility: "public" | "private";
  readonly server: PreviewServer;
  readonly tokens: VisitorTokens;
}

/** What only the native resource has. Contract 4.3, 4.12 and 4.14. */
export interface NativeFields {
  timeoutSec: number;
  idleTimeoutSec: number | null;
  persistent: boolean;
  alwaysOn: boolean;
  tags: readonly string[];
  /** When the activity deadline was last started, in milliseconds since 1970. */
  deadlineFrom: number;
  readonly env: Map<string, { value: string; encrypted: boolean }>;
  readonly snapshots: Map<string, SnapshotRecord>;
  readonly previews: Map<string, PreviewRecord>;
}

/** All that the server knows of one sandbox or computer. */
export interface SandboxRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly isolation: string;
  readonly templateType: string | null;
  /** By which collection it was made, which decides what stopping means: see {@link endsWithServer}. */
  readonly madeAs: "computer" | "sandbox";
  size: SizeName;
  readonly attribution: Attribution;
  readonly native: NativeFields;
  slug: string;
  readonly createdAt: number;
  name: string;
  visibility: string;
  metadata: Readonly<Record<string, unknown>>;
  status: SandboxStatus;
  /** Why the status is `error`. */
  reason?: string;
  updatedAt: number;
  readyAt?: number;
  /** Phases of its last start, with the milliseconds since that start began. */
  boot: { phase: string; at_ms: number }[];
  /** Whether its box had been booted before it was asked for. */
  isWarm: boolean;
  /** Where its programs find its screen, while that runs. */
  screen?: Readonly<Record<string, string>>;
}

/** What its programs find in their environment besides what a command is given. */
export function environmentOf({ native, screen }: SandboxRecord): Record<string, string> {
  return { ...screen, ...Object.fromEntries([...native.env].map(([key, { value }]) => [key, value])) };
}

export function createRecord(tenantId: string, isolation: string, fields: CreateFields, at: number): SandboxRecord {
  const { templateType, size, visibility, metadata, attribution } = fields;
  const id = randomUUID();
  const name = fields.name ?? `${templateType === sandboxTemplate ? "sandbox" : "computer"}-${id.slice(0, 8)}`;
  const own = { id, tenantId, isolation, name, slug: fields.slug ?? slugOf(name, id), createdAt: at, updatedAt: at };
  const { env = {}, ...given } = fields.native ?? {};
  const native: NativeFields = {
    timeoutSec: 3_600,
    idleTimeoutSec: null,
    persistent: false,
    alwaysOn: false,
    tags: [],
    ...given,
    deadlineFrom: at,
    env: new Map(Object.entries(env).map(([key, value]) => [key, { value, encrypted: false }])),
    snapshots: new Map(),
    previews: new Map(),
  };
  const madeAs = fields.madeAs ?? (fields.native ? "sandbox" : "computer");
  return { ...own, templateType, madeAs, size, visibility, metadata, attribution, native, status: "creating", boot: [], isWarm: false };
}

/** True for a sandbox in the sense of the spec: a computer of the sandbox template. */
export function isSandbox(record: Pick<SandboxRecord, "templateType">): boolean {
  return record.templateType === sandboxTemplate;
}

/** The record as `/computers` shows it. Contract 6.1. */
export function toWireComputer(record: SandboxRecord): WireComputer {
  return {
    id: record.id,
    name: record.name,
    slug: record.slug,
    status: record.status,
    ready: record.status === "running",
    ready_at: record.readyAt === undefined ? null : toTime(record.readyAt),
    ...(record.reason !== undefined && { status_reason: record.reason }),
    template_type: record.templateType,
    size: record.size,
    ...sizes[record.size],
    tenant_id: record.tenantId,
    workspace_id: `ws_${record.tenantId}`,
    project_id: `prj_${record.tenantId}`,
    ...record.attribution,
    visibility: record.visibility,
    ip_address: null,
    vnc_url: null,
    isolation: record.isolation,
    boot: record.boot.map((entry) => ({ ...entry })),
    boot_ms: record.boot.find(({ phase }) => phase === "ready")?.at_ms ?? null,
    boot_path: record.readyAt === undefined ? null : record.isWarm ? "warm" : "cold",
    warm: record.isWarm,
    metadata: { ...record.metadata },
    owner_user_id: null,
    vm_id: null,
    sandbox_url: null,
    desktop_url: null,
    preview_domain: null,
    selected_apps: [],
    settings: {},
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

/** The record as `/sandboxes` shows it. Contract 4.1. */
export function toWireSandbox(record: SandboxRecord, now: number): Record<string, unknown> {
  const { status: _, template_type: templateType, vcpus, ...common } = toWireComputer(record);
  const { native } = record;
  const isRunning = record.status === "running";
  return {
    ...common,
    state: record.status === "stopped" || record.status === "stopping" ? "paused" : record.status,
    template_id: templateType,
    cpu_count: vcpus,
    image_id: null,
    disk_mb: sizes[record.size].disk_size_mb,
    resource_contract: { id: `sandbox/${record.size}@v1`, version: "v1", product: "sandbox", size: record.size, ...sizes[record.size] },
    persistent: native.persistent,
    always_on: native.alwaysOn,
    timeout_sec: native.timeoutSec,
    timeout_remaining_ms: isRunning ? Math.max(0, native.deadlineFrom + native.timeoutSec * 1_000 - now) : null,
    idle_timeout_sec: native.idleTimeoutSec,
    tags: native.tags,
    preview_url: native.previews.values().next().value?.server.url ?? null,
    url_info: null,
    url_class: "temporary_preview",
    stable_for_embedding: false,
    recommended_next_action: "create_alias_or_publish",
    inserted_at: toTime(record.createdAt),
    started_at: common["ready_at"] ?? null,
    destroyed_at: record.status === "destroyed" ? toTime(record.updatedAt) : null,
    total_runtime_sec: record.readyAt === undefined ? null : Math.max(0, (isRunning ? now : record.updatedAt) - record.readyAt) / 1_000,
  };
}

/** The record as its readiness probe shows it. Contract 3.1. */
export function toWireReadiness(record: SandboxRecord): WireReadiness {
  const ready = record.status === "running";
  const status = ready ? "ready" : isBooting(record) ? "booting" : record.status;
  return {
    sandbox_id: record.id,
    ready,
    status,
    ready_at: record.readyAt === undefined ? null : toTime(record.readyAt),
    ...(record.reason !== undefined && { error: record.reason, reason: record.reason }),
  };
}

/**
 * True for what a stop of its own would destroy: one of `/sandboxes` that runs and is neither persistent nor always on. A computer is
 * stopped with its files, and so is what was paused or stopped before. Contract 4.2 and 6.2.
 */
export function endsWithServer({ madeAs, status, native }: Pick<SandboxRecord, "madeAs" | "status"> & { readonly native: Pick<NativeFields, "persistent" | "alwaysOn"> }): boolean {
  const isLive = status === "running" || status === "creating" || status === "starting";
  return madeAs === "sandbox" && isLive && !native.persistent && !native.alwaysOn;
}

export function isBooting(record: SandboxRecord): boolean {
  return record.status === "creating" || record.status === "starting";
}

/** Milliseconds since 1970 as the API writes times. */
export function toTime(at: number): string {
  return new Date(at).toISOString();
}

function slugOf(name: string, id: string): string {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  return slug || `computer-${id.slice(0, 8)}`;
}
