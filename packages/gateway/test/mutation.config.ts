import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { mutations } from "./mutations.js";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const name = process.env["MUTATION"];
const mutation = mutations.find((candidate) => `${candidate.file}: ${candidate.name}` === name);

/** Takes one check out of the gateway's sources as they are loaded; the files stay as they are. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  resolve: { alias: [{ find: /^@miosa\/(protocol|core|local)$/, replacement: `${packages}/$1/src/index.ts` }] },
  plugins: [
    {
      name: "take-out-one-check",
      enforce: "pre",
      transform(code, id) {
        if (!mutation || !id.endsWith(`/packages/gateway/src/${mutation.file}`)) return undefined;
        if (code.split(mutation.find).length !== 2) throw new Error(`${mutation.name}: "${mutation.find}" is not there exactly once.`);
        return code.replace(mutation.find, () => mutation.replace);
      },
    },
  ],
  test: { environment: "node", include: ["packages/gateway/src/**/*.test.ts"], exclude: ["**/node_modules/**", "**/fuzz.test.ts"], bail: 1, testTimeout: 15_000, expect: { poll: { timeout: 5_000 } }, execArgv: ["--expose-gc"] },
});
