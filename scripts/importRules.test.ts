import { expect, test } from "vitest";
import { findViolations, readImports } from "./importRules.mjs";

const manifests = {
  "packages/protocol": {},
  "packages/core": { dependencies: { "@miosa/protocol": "1", "@miosa/local": "1", "@miosa/react": "1", ky: "1" } },
  "packages/react": { dependencies: { "@miosa/core": "1" }, peerDependencies: { react: "1" } },
  "packages/gateway": { dependencies: { "@miosa/protocol": "1" } },
  "packages/local": { dependencies: { "@miosa/protocol": "1", "@miosa/core": "1" } },
  "apps/dashboard": { dependencies: { "@miosa/gateway": "1", "@miosa/local": "1", "@miosa/react": "1" } },
};

const violations = (path: string, source: string): string[] => findViolations([{ path, source }], manifests);

test.each([
  ["core importing React", "packages/core/src/a.ts", `import { useState } from "react";`, "not a dependency"],
  ["core importing the hooks", "packages/core/src/a.ts", `import "@miosa/react";`, "may import @miosa/protocol"],
  ["core importing a Node module", "packages/core/src/a.ts", `import { readFile } from "node:fs/promises";`, "no Node"],
  ["core importing a Node module by its bare name", "packages/core/src/a.ts", `import fs from "fs";`, "no Node"],
  ["core importing a Node module lazily", "packages/core/src/a.ts", `const a = await import("node:fs");`, "no Node"],
  ["core taking a type from a Node module", "packages/core/src/a.ts", `type A = import("node:fs").Stats;`, "no Node"],
  ["core re-exporting from a Node module", "packages/core/src/a.ts", `export * from "node:path";`, "no Node"],
  ["core importing the local server", "packages/core/src/a.ts", `import "@miosa/local";`, "never imports the local"],
  ["the dashboard importing the local server", "apps/dashboard/src/a.tsx", `import "@miosa/local";`, "never imports"],
  ["the dashboard importing the gateway", "apps/dashboard/src/a.tsx", `import "@miosa/gateway";`, "may import @miosa/react"],
  ["protocol importing core", "packages/protocol/src/a.ts", `import type { A } from "@miosa/core";`, "none of our packages"],
  ["gateway importing core", "packages/gateway/src/a.ts", `import { a } from "@miosa/core";`, "may import @miosa/protocol"],
  ["gateway importing a Node module", "packages/gateway/src/a.ts", `import "node:http";`, "no Node"],
  ["local importing core", "packages/local/src/a.ts", `import { a } from "@miosa/core";`, "may import @miosa/protocol"],
  ["a package reaching into another", "packages/react/src/a.ts", `import "../../core/src/a.js";`, "by name"],
  ["an import that is no dependency", "packages/react/src/a.ts", `import "lodash";`, "not a dependency"],
  ["shipped code importing a test", "packages/react/src/a.ts", `import "./b.test.js";`, "test code"],
  ["shipped code importing a test's folder", "packages/react/src/a.ts", `import "../test/b.js";`, "test code"],
  ["something importing a Node entry", "packages/gateway/src/index.ts", `export * from "./node.js";`, "Node entry"],
  ["http importing a feature", "packages/core/src/http/a.ts", `import "../computers/b.js";`, "http knows nothing of computers"],
  ["sse importing readiness", "packages/core/src/sse/a.ts", `import type { A } from "../readiness/b.js";`, "sse knows nothing"],
  ["a feature importing another", "packages/core/src/exec/a.ts", `import "../computers/b.js";`, "do not import each other"],
  ["computers importing readiness", "packages/core/src/computers/a.ts", `import "../readiness/b.js";`, "each other"],
  ["a feature importing the entry", "packages/core/src/exec/a.ts", `import { a } from "../index.js";`, "only the entry composes"],
  ["http knowing the namespaces", "packages/core/src/http/a.ts", `import type { A } from "../client.js";`, "only the entry"],
  ["a shared file importing a feature", "packages/core/src/errors.ts", `import "./exec/a.js";`, "imports none of them"],
  ["a package without rules", "packages/new/src/a.ts", ``, "no entry"],
])("finds %s", (_, path, source, reason) => {
  expect(violations(path, source)).toEqual([expect.stringContaining(reason)]);
});

test.each([
  ["core using ky and protocol", "packages/core/src/http/a.ts", `import ky from "ky"; import "@miosa/protocol"; import "../errors.js";`],
  ["readiness using the getter, the stream and transport", "packages/core/src/readiness/a.ts", `import "../computers/b.js"; import "../sse/c.js"; import "../http/d.js";`],
  ["the live feed using readiness and events", "packages/core/src/liveFeed/a.ts", `import "../readiness/b.js"; import "../events/c.js";`],
  ["the entry composing", "packages/core/src/createMiosaClient.ts", `import "./exec/a.js"; import "./http/b.js";`],
  ["a feature naming its own interface", "packages/core/src/exec/a.ts", `import type { Exec } from "../client.js";`],
  ["hooks using their peers", "packages/react/src/a.tsx", `import { useState } from "react"; import "@miosa/core";`],
  ["the local server in Node", "packages/local/src/a.ts", `import "node:child_process";`],
  ["the gateway's Node entry", "packages/gateway/src/node.ts", `import "node:http"; import "./a.js";`],
  ["a test using the local server and its helpers", "packages/core/src/a.test.ts", `import "@miosa/local"; import "node:fs"; import "../test/b.js";`],
  ["the dashboard's dev server", "apps/dashboard/vite.config.ts", `import "@miosa/gateway"; import "@miosa/local"; import "node:http";`],
  ["an import that stands in a comment", "packages/core/src/a.ts", `// import("node:fs")\n/* import "node:fs" */ export {};`],
])("lets %s pass", (_, path, source) => {
  expect(violations(path, source)).toEqual([]);
});

test("sees imports, re-exports, lazy imports and type imports alike", () => {
  const source = `import a from "a"; import type { B } from "b"; export * from "c"; import "d";
    const e = await import("e"); type F = import("f").F; export { type G } from "g";`;
  expect(readImports("packages/core/src/a.ts", source)).toEqual([
    { specifier: "a", typeOnly: false },
    { specifier: "b", typeOnly: true },
    { specifier: "d", typeOnly: false },
    { specifier: "c", typeOnly: false },
    { specifier: "g", typeOnly: true },
    { specifier: "e", typeOnly: false },
    { specifier: "f", typeOnly: false },
  ]);
});
