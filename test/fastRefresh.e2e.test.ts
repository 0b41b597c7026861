import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { createLocalServer } from "@miosa/local";
import { createMiosaClient } from "@miosa/core";
import { createServer } from "vite";
import { expect, onTestFinished, test } from "vitest";
import { launchChromium, openPage, shown } from "./dashboard.js";

const root = fileURLToPath(new URL("..", import.meta.url));

const card = (label: string): string => `
  import { useSandboxReadiness } from "@miosa/react";
  import { useState } from "react";
  export function Card({ id }) {
    const [clicks, setClicks] = useState(0);
    const { phase } = useSandboxReadiness(id);
    return <button onClick={() => setClicks(clicks + 1)}>{\`${label} \${phase} \${clicks}\`}</button>;
  }`;

test("an edit while the page is open keeps its state and its one connection", async () => {
  const local = await createLocalServer({ faults: { neverReady: true }, allowOrigins: ["http://127.0.0.1:4793"] });
  onTestFinished(() => local.close());
  const { id } = await createMiosaClient({ apiKey: local.apiKey, baseUrl: local.baseUrl }).sandboxes.create();
  mkdirSync(join(root, ".cache"), { recursive: true });
  // Not in node_modules, where Vite watches nothing.
  const folder = mkdtempSync(join(root, ".cache/fast-refresh-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "index.html"), `<div id="root"></div><script type="module" src="/main.tsx"></script>`);
  writeFileSync(join(folder, "Card.tsx"), card("before"));
  writeFileSync(
    join(folder, "main.tsx"),
    `import { createMiosaClient } from "@miosa/core";
    import { MiosaProvider } from "@miosa/react";
    import { QueryClient } from "@tanstack/react-query";
    import { StrictMode } from "react";
    import { createRoot } from "react-dom/client";
    import { Card } from "./Card.js";
    const client = createMiosaClient(${JSON.stringify({ apiKey: local.apiKey, baseUrl: local.baseUrl, dangerouslyAllowApiKeyInBrowser: true })});
    createRoot(document.getElementById("root")).render(
      <StrictMode><MiosaProvider client={client} queryClient={new QueryClient()}><Card id=${JSON.stringify(id)} /></MiosaProvider></StrictMode>,
    );`,
  );
  const vite = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    plugins: [react()],
    cacheDir: join(folder, "cache"),
    resolve: { alias: [{ find: /^@miosa\/(protocol|core|react)$/, replacement: join(root, "packages/$1/src/index.ts") }] },
    server: { host: "127.0.0.1", port: 4793, strictPort: true, fs: { allow: [root] } },
  });
  onTestFinished(() => vite.close());
  await vite.listen();
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const { page, complaints } = await openPage(browser);
  await page.goto("http://127.0.0.1:4793/");

  await page.getByRole("button", { name: "before booting 0" }).click();
  expect(await shown(page.getByText("before booting 1"))).toBe(true);
  writeFileSync(join(folder, "Card.tsx"), card("after"));
  expect(await shown(page.getByText("after booting 1"))).toBe(true);
  expect(local.countRequests("GET /sandboxes/:id/readiness/stream")).toBe(1);
  expect(local.connections().streams.readiness).toBe(1);
  expect(complaints).toEqual([]);
});
