import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import react from "@vitejs/plugin-react";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArgs, findChromium } from "./scripts/findChromium.mjs";
import { browserCommands } from "./test/browserCommands.js";
import { patienceMs, testTimeoutMs } from "./test/patience.js";

const packages = fileURLToPath(new URL("./packages", import.meta.url));

/** Tests import packages by name and get their sources, so that no build stands between an edit and its test. */
const alias = [
  { find: /^@miosa\/(protocol|core|react|gateway|local)$/, replacement: `${packages}/$1/src/index.ts` },
  { find: /^@miosa\/(protocol|core|react|gateway|local)\/([\w-]+)$/, replacement: `${packages}/$1/src/$2.ts` },
];

// Most tests are about the API and start a server each: plain processes boot fastest. Tests of isolation name their driver.
process.env["MIOSA_LOCAL_DRIVER"] ??= "process";

const react18 = fileURLToPath(new URL("./test/react18/node_modules", import.meta.url));
/** React 18, for the hooks' tests once more. What imports React must be inlined, for only then it is told. */
const react18Alias = [
  { find: /^(react|react-dom)$/, replacement: `${react18}/$1/index.js` },
  { find: /^(react|react-dom)\/([\w-]+)$/, replacement: `${react18}/$1/$2.js` },
  {
    find: /^@testing-library\/react$/,
    replacement: fileURLToPath(new URL("./node_modules/@testing-library/react/dist/@testing-library/react.esm.js", import.meta.url)),
  },
];

/** Deadlines of every project: wide enough for two busy cores. */
const deadlines = { testTimeout: testTimeoutMs, hookTimeout: testTimeoutMs, expect: { poll: { timeout: patienceMs } } };

const leaveOut = ["**/node_modules/**", "**/dist/**"];
const chromium = findChromium();

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        resolve: { alias },
        test: {
          name: "node",
          environment: "node",
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...leaveOut, "**/*.dom.test.*", "**/*.browser.test.*", "**/*.edge.test.*", "**/*.e2e.test.*"],
          execArgv: ["--expose-gc"],
          ...deadlines,
        },
      },
      {
        plugins: [react()],
        resolve: { alias },
        test: {
          name: "dom",
          environment: "jsdom",
          include: ["packages/*/src/**/*.dom.test.{ts,tsx}", "apps/*/src/**/*.dom.test.{ts,tsx}"],
          ...deadlines,
        },
      },
      {
        plugins: [react()],
        resolve: { alias: [...alias, ...react18Alias] },
        test: {
          name: "dom-react18",
          environment: "jsdom",
          include: ["packages/react/src/**/*.dom.test.tsx"],
          server: { deps: { inline: [/@testing-library\/react/, /@tanstack\/react-query/] } },
          ...deadlines,
        },
      },
      {
        plugins: [react()],
        resolve: { alias },
        optimizeDeps: {
          include: [
            "react",
            "react-dom",
            "react-dom/client",
            "react/jsx-dev-runtime",
            "@tanstack/react-query",
            "ky",
            "vitest-browser-react",
            "@microsoft/fetch-event-source/lib/esm/parse.js",
          ],
        },
        test: {
          name: "chromium",
          include: ["packages/*/src/**/*.browser.test.{ts,tsx}", "apps/*/src/**/*.browser.test.{ts,tsx}"],
          ...deadlines,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: browserCommands,
            provider: playwright({
              launchOptions: { ...(chromium && { executablePath: chromium }), args: chromiumArgs },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-04-20", compatibilityFlags: ["nodejs_compat"] } })],
        resolve: { alias },
        test: {
          name: "workerd",
          include: ["packages/*/src/**/*.edge.test.ts", "apps/*/src/**/*.edge.test.ts"],
          globalSetup: ["./test/edgeServer.ts"],
          ...deadlines,
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/**/*.e2e.test.ts", "apps/*/**/*.e2e.test.ts"],
          exclude: leaveOut,
          fileParallelism: false,
          ...deadlines,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
