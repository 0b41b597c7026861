import { builtinModules } from "node:module";
import { posix } from "node:path";
import { parseSync } from "vite";

/** Which of our packages the shipped code of each package or app may import. Imports flow one way. */
const allowedPackages = {
  "packages/protocol": [],
  "packages/core": ["@miosa/protocol"],
  "packages/react": ["@miosa/core"],
  "packages/gateway": ["@miosa/protocol"],
  "packages/local": ["@miosa/protocol"],
  "apps/dashboard": ["@miosa/react", "@miosa/core"],
  "apps/edge": ["@miosa/gateway", "@miosa/protocol"],
};

/** Shipped code that runs in Node only and may import `node:` modules: folders, and entries that nothing else imports. */
const nodeFolders = ["packages/local"];
const nodeEntries = ["packages/gateway/src/node.ts"];

/**
 * Inside core. A folder that is not named here is a feature: it may use the layers below and nothing beside it.
 * Files that stand directly in `src` are shared by all and import no folder; those of `composers` put everything together.
 */
const coreLayers = { http: [], sse: ["http"] };
const coreFeatureExceptions = {
  readiness: ["computers"],
  // A sandbox that a list shows tells the feed its state.
  liveFeed: ["readiness", "events", "computers"],
  // What a page has stored of its sandboxes, kept up to date by the feed.
  liveSandboxes: ["computers", "events", "liveFeed", "readiness"],
  // A sandbox is a computer of one template, and its namespace holds the waits (spec).
  sandboxes: ["computers", "readiness"],
};
const composers = ["index.ts", "client.ts", "createMiosaClient.ts"];

const builtins = new Set(builtinModules);
const isTest = (path) => /\.(test|test-d|bench)\.tsx?$/.test(path) || /(^|\/)(test|bench|e2e)\//.test(path);

/** What a source file imports: the specifier, and whether only types are taken. Type-position `import("x")` counts too. */
export function readImports(path, source) {
  const parsed = parseSync(path, source);
  if (parsed.errors.length > 0) throw new Error(`${path} cannot be parsed: ${parsed.errors[0].message}`);
  const { staticImports, staticExports } = parsed.module;
  const imports = staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
  }));
  for (const { entries } of staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) imports.push({ specifier: moduleRequest.value, typeOnly: isType });
    }
  }
  for (const [, specifier] of withoutComments(source, parsed.comments).matchAll(/\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g)) {
    imports.push({ specifier, typeOnly: false });
  }
  return imports;
}

/**
 * Every import that breaks a rule, as one line each. `files` are `{ path, source }` with paths relative to the root;
 * `manifests` maps a folder such as `packages/core` to its package.json.
 */
export function findViolations(files, manifests) {
  const violations = [];
  for (const { path, source } of files) {
    const owner = /^(?:packages|apps)\/[^/]+/.exec(path)?.[0];
    if (!owner) continue;
    if (!(owner in allowedPackages)) {
      violations.push(`${path}: ${owner} has no entry in scripts/importRules.mjs`);
      continue;
    }
    for (const { specifier, typeOnly } of readImports(path, source)) {
      const reason = reasonAgainst(path, owner, specifier, typeOnly, manifests[owner] ?? {});
      if (reason) violations.push(`${path}: import "${specifier}": ${reason}`);
    }
  }
  return violations;
}

function reasonAgainst(path, owner, specifier, typeOnly, manifest) {
  const isRelative = specifier.startsWith(".");
  const target = isRelative ? posix.join(posix.dirname(path), specifier).replace(/[?#].*$/, "").replace(/\.js(x?)$/, ".ts$1") : undefined;
  if (isTest(path)) return undefined;
  // An app's build and serve files are Node programs of the workshop, not what ships; only its src is shipped.
  const isShipped = path.startsWith(`${owner}/src/`);
  if (target !== undefined) {
    if (isTest(target)) return "shipped code does not import test code";
    if (!target.startsWith(`${owner}/`)) return isShipped ? "reaches into another folder: import the package by name" : undefined;
    if (nodeEntries.includes(target)) return "a Node entry is imported by nothing else";
    return owner === "packages/core" && isShipped ? reasonInsideCore(path, target, typeOnly) : undefined;
  }
  const name = packageName(specifier);
  if (name === "@miosa/local" && isShipped) return "shipped code never imports the local server";
  if (!isShipped) return undefined;
  if (specifier.startsWith("node:") || builtins.has(name)) {
    return nodeFolders.includes(owner) || nodeEntries.includes(path) ? undefined : "runs in browsers and at the edge: no Node modules";
  }
  if (name.startsWith("@miosa/") && !allowedPackages[owner].includes(name)) {
    return `${owner} may import ${allowedPackages[owner].join(", ") || "none of our packages"}`;
  }
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  return name in declared ? undefined : `not a dependency of ${owner}`;
}

function reasonInsideCore(path, target, typeOnly) {
  const from = placeInCore(path);
  const to = placeInCore(target);
  if (composers.includes(from.file ?? "")) return undefined;
  if (composers.includes(to.file ?? "")) {
    // The public types of the namespaces stand beside the function that composes them.
    const isFeature = from.folder !== undefined && !(from.folder in coreLayers);
    return typeOnly && isFeature && to.file === "client.ts" ? undefined : "only the entry composes: nothing imports it";
  }
  if (to.folder === undefined || to.folder === from.folder) return undefined;
  if (from.folder === undefined) return "a file shared by all folders imports none of them";
  const layer = coreLayers[from.folder];
  if (layer) return layer.includes(to.folder) ? undefined : `${from.folder} knows nothing of ${to.folder}`;
  if (to.folder in coreLayers) return undefined;
  if (coreFeatureExceptions[from.folder]?.includes(to.folder)) return undefined;
  return "feature folders do not import each other";
}

function placeInCore(path) {
  const [first, ...rest] = path.replace("packages/core/src/", "").split("/");
  return rest.length > 0 ? { folder: first } : { file: first };
}

function packageName(specifier) {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

function withoutComments(source, comments) {
  let text = source;
  for (const { start, end } of comments.toReversed()) text = text.slice(0, start) + text.slice(end);
  return text;
}
