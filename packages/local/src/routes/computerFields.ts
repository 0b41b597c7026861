import type { SandboxRecord, CreateFields, SizeName, Attribution } from "../sandboxes/sandboxRecord.js";
import { sizes } from "../sandboxes/sandboxRecord.js";
import { isObject } from "../isObject.js";
import { validationProblem } from "../http/httpProblem.js";

type Body = Readonly<Record<string, unknown>>;

/** Limits of what the server stores for a caller. */
const limits = { nameLength: 255, attributionLength: 255, metadataBytes: 16_384, metadataDepth: 32 } as const;

/** Names of the attribution labels. Contract 2.1. */
export const attributionNames = ["external_workspace_id", "external_user_id", "external_project_id"] as const;

/** Collects what is wrong with a body's fields. */
interface Findings {
  add(field: string, problem: string): undefined;
  /** Throws when something was found. */
  check(): void;
}

function findings(): Findings {
  const found: Record<string, string[]> = {};
  return {
    add(field, problem) {
      (found[field] ??= []).push(problem);
      return undefined;
    },
    check() {
      if (Object.keys(found).length > 0) throw validationProblem(found);
    },
  };
}

/** Reads the body of `POST /computers`. Throws a 422 that names every field that is wrong. Contract 2.2. */
export function readCreateFields(body: Body): CreateFields {
  const wrong = findings();
  const [name, slug] = [readName(body, wrong), readSlug(body, wrong)];
  const fields = {
    ...(name !== undefined && { name }),
    ...(slug !== undefined && { slug }),
    templateType: readTemplateType(body, wrong),
    size: readSize(body, wrong),
    visibility: readVisibility(body, wrong) ?? "public",
    metadata: readMetadata(body, wrong) ?? {},
    attribution: readAttribution(body, wrong),
  };
  wrong.check();
  return fields;
}

/** Reads the body of `PATCH /computers/:id`. Contract 6.3. */
export function readUpdateFields(body: Body): Partial<Pick<SandboxRecord, "name" | "slug" | "visibility" | "metadata">> {
  const wrong = findings();
  const [name, slug] = [readName(body, wrong), readSlug(body, wrong)];
  const visibility = readVisibility(body, wrong);
  const metadata = readMetadata(body, wrong);
  wrong.check();
  return { ...(name !== undefined && { name }), ...(slug !== undefined && { slug }), ...(visibility !== undefined && { visibility }), ...(metadata && { metadata }) };
}

/** Reads the body of a resize: a size by name, or by `cpu` and `memory_mb` together. Contract 6.3. */
export function readNewSize(body: Body): SizeName {
  const wrong = findings();
  const { cpu, memory_mb: memoryMb } = body;
  const match = Object.keys(sizes).filter(isSizeName).find((name) => sizes[name].vcpus === cpu && sizes[name].memory_mb === memoryMb);
  if (body["size"] === undefined && match === undefined) wrong.add("size", "must be given, or cpu and memory_mb of one size");
  const size = body["size"] === undefined ? match : readSize(body, wrong);
  wrong.check();
  return size ?? "small";
}

/** Reads the members that only the native create has. Contract 4.3. */
export function readNativeFields(body: Body): NonNullable<CreateFields["native"]> {
  const wrong = findings();
  const count = (name: string): number | undefined => {
    const value = body[name] ?? undefined;
    if (value === undefined || (typeof value === "number" && value > 0)) return value;
    return wrong.add(name, "must be a number above 0");
  };
  const flag = (name: string): boolean | undefined => {
    const value = body[name] ?? undefined;
    if (value === undefined || typeof value === "boolean") return value;
    return wrong.add(name, "must be true or false");
  };
  const [timeoutSec, idleTimeoutSec, persistent, alwaysOn] = [count("timeout_sec"), count("idle_timeout_sec"), flag("persistent"), flag("always_on")];
  const tags = readTags(body, wrong);
  const env = body["env"] ?? undefined;
  if (env !== undefined && !isTexts(env)) wrong.add("env", "must be an object of strings");
  wrong.check();
  return {
    ...(timeoutSec !== undefined && { timeoutSec }),
    ...(idleTimeoutSec !== undefined && { idleTimeoutSec }),
    ...(persistent !== undefined && { persistent }),
    ...(alwaysOn !== undefined && { alwaysOn }),
    ...(tags && { tags }),
    ...(isTexts(env) && { env }),
  };
}

/** Gives a copy the variables of what it was copied from, except those that it was given itself. */
export function copyVariables(from: SandboxRecord, to: SandboxRecord): void {
  for (const [name, variable] of from.native.env) if (!to.native.env.has(name)) to.native.env.set(name, variable);
}

/** What a copy of a sandbox is created with, but for its name and its variables. */
export function likeOf(record: SandboxRecord): CreateFields & { readonly native: NonNullable<CreateFields["native"]> } {
  const { templateType, madeAs, size, visibility, metadata, attribution } = record;
  const { timeoutSec, idleTimeoutSec, persistent, alwaysOn, tags } = record.native;
  return { templateType, madeAs, size, visibility, metadata, attribution, native: { timeoutSec, idleTimeoutSec, persistent, alwaysOn, tags } };
}

/** Reads `tags` of a body. */
export function readTagList(body: Body): readonly string[] {
  const wrong = findings();
  const tags = readTags(body, wrong);
  if (!tags) wrong.add("tags", "must be a list of strings");
  wrong.check();
  return tags ?? [];
}

function readTags(body: Body, wrong: Findings): readonly string[] | undefined {
  const value = body["tags"] ?? undefined;
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((tag) => typeof tag === "string")) return value.map(String);
  return wrong.add("tags", "must be a list of strings");
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

/**
 * The size that the numbers of processors, memory and disk of a body stand for; undefined without numbers. They come together, and
 * are those of the size that the body names, if it names one. Contract 4.3.
 */
export function readResources(body: Body): SizeName | undefined {
  const given = [body["cpu_count"], body["memory_mb"], body["disk_size_mb"] ?? body["disk_mb"]].map((value) => value ?? undefined);
  if (given.every((value) => value === undefined)) return undefined;
  const wrong = findings();
  const named = body["size"] === undefined ? undefined : readSize(body, wrong);
  const fits = (name: SizeName): boolean => [sizes[name].vcpus, sizes[name].memory_mb, sizes[name].disk_size_mb].every((value, at) => value === given[at]);
  const size = Object.keys(sizes).filter(isSizeName).find(fits);
  if (size === undefined || (named !== undefined && named !== size)) {
    wrong.add("cpu_count", `cpu_count, memory_mb and disk_size_mb must be those of ${named === undefined ? "one size" : `the size ${named}`}`);
  }
  wrong.check();
  return size;
}

function readName(body: Body, wrong: Findings): string | undefined {
  const value = body["name"] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "string") return wrong.add("name", "must be a string");
  if (value.trim() === "") return wrong.add("name", "must not be empty");
  if (value.length > limits.nameLength) return wrong.add("name", `must have at most ${limits.nameLength} characters`);
  return value;
}

function readSlug(body: Body, wrong: Findings): string | undefined {
  const value = body["slug"] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) return value;
  return wrong.add("slug", "must have 1 to 63 characters out of a to z, 0 to 9 and hyphens");
}

// A key that is present is kept whatever its value, even null: only then may the default be withheld. Contract 2.
function readTemplateType(body: Body, wrong: Findings): string | null {
  if (!Object.hasOwn(body, "template_type")) return "miosa-desktop";
  const value = body["template_type"];
  if (value === null || (typeof value === "string" && value.length <= limits.nameLength)) return value;
  wrong.add("template_type", "must be a string or null");
  return null;
}

function readSize(body: Body, wrong: Findings): SizeName {
  const value = body["size"] ?? "small";
  const name = value === "xlarge" ? "xl" : value;
  if (typeof name === "string" && isSizeName(name)) return name;
  wrong.add("size", `must be one of ${Object.keys(sizes).join(", ")}`);
  return "small";
}

function isSizeName(name: string): name is SizeName {
  return Object.hasOwn(sizes, name);
}

function readVisibility(body: Body, wrong: Findings): string | undefined {
  const value = body["visibility"] ?? undefined;
  if (value === undefined || value === "public" || value === "tenant" || value === "key") return value;
  return wrong.add("visibility", "must be one of public, tenant, key");
}

function readMetadata(body: Body, wrong: Findings): Body | undefined {
  const value = body["metadata"] ?? undefined;
  if (value === undefined) return undefined;
  if (!isObject(value)) return wrong.add("metadata", "must be an object");
  if (isDeeperThan(value, limits.metadataDepth)) return wrong.add("metadata", `must not nest deeper than ${limits.metadataDepth}`);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > limits.metadataBytes) return wrong.add("metadata", `must have at most ${limits.metadataBytes} bytes`);
  return value;
}

// Level by level, because a recursion would overflow the stack on exactly the values that this is to refuse.
function isDeeperThan(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let deep = 0; deep <= depth && level.length > 0; deep += 1) {
    level = level.flatMap(membersOf);
  }
  return level.length > 0;
}

function membersOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function readAttribution(body: Body, wrong: Findings): Attribution {
  const read = (field: (typeof attributionNames)[number]): string | null => {
    const value = body[field] ?? null;
    if (value === null) return null;
    if (typeof value !== "string") wrong.add(field, "must be a string");
    else if (value.length > limits.attributionLength) wrong.add(field, `must have at most ${limits.attributionLength} characters`);
    else return value;
    return null;
  };
  return {
    external_workspace_id: read("external_workspace_id"),
    external_user_id: read("external_user_id"),
    external_project_id: read("external_project_id"),
  };
}
