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
  const name = readName(body, wrong);
  const fields = {
    ...(name !== undefined && { name }),
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
export function readUpdateFields(body: Body): Partial<Pick<SandboxRecord, "name" | "visibility" | "metadata">> {
  const wrong = findings();
  const name = readName(body, wrong);
  const visibility = readVisibility(body, wrong);
  const metadata = readMetadata(body, wrong);
  wrong.check();
  return { ...(name !== undefined && { name }), ...(visibility !== undefined && { visibility }), ...(metadata && { metadata }) };
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
  checkResources(body, wrong);
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

/** The three numbers come together and are those of the size. Contract 4.3. */
function checkResources(body: Body, wrong: Findings): void {
  const given = ["cpu_count", "memory_mb", "disk_size_mb"].map((name) => body[name] ?? undefined);
  if (given.every((value) => value === undefined)) return;
  const size = readSize(body, wrong);
  const { vcpus, memory_mb: memoryMb, disk_size_mb: diskMb } = sizes[size];
  if (![vcpus, memoryMb, diskMb].every((value, at) => value === given[at])) {
    wrong.add("cpu_count", `cpu_count, memory_mb and disk_size_mb must be those of the size ${size}`);
  }
}

function readName(body: Body, wrong: Findings): string | undefined {
  const value = body["name"] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "string") return wrong.add("name", "must be a string");
  if (value.trim() === "") return wrong.add("name", "must not be empty");
  if (value.length > limits.nameLength) return wrong.add("name", `must have at most ${limits.nameLength} characters`);
  return value;
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
