import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const packages = fileURLToPath(new URL("../../packages", import.meta.url));

/** The development server reads the packages' sources, so that an edit there shows at once; a build takes what ships. */
const sources = [{ find: /^@miosa\/(protocol|core|react)$/, replacement: `${packages}/$1/src/index.ts` }];

export default defineConfig(({ command }) => ({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
  resolve: { alias: command === "serve" ? sources : [] },
  build: {
    // light-dark() is left as written from these versions on.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    // The page's policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
  },
}));
