import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createMiosaClient } from "@miosa/core";
import { MiosaProvider } from "@miosa/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App } from "./App.js";
import { RunsProvider } from "./exec/Runs.js";
import { PageBoundary } from "./problems/PageBoundary.js";
import { loadTenant } from "./tenant/loadTenant.js";
import { applyTenant, TenantContext } from "./tenant/TenantContext.js";
import { Announcer } from "./ui/Announcer.js";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const tenant = await loadTenant();
applyTenant(tenant);

// The gateway on the page's own origin holds the key; this page never sees one. The page asks again by itself and shows
// what went wrong meanwhile, so the client tries each request once.
const client = createMiosaClient({ baseUrl: "/api/miosa", retries: 0 });

createRoot(root).render(
  <StrictMode>
    <PageBoundary>
      <TenantContext value={tenant}>
        <QueryClientProvider client={new QueryClient()}>
          <MiosaProvider client={client}>
            <Announcer>
              <RunsProvider>
                <App />
              </RunsProvider>
            </Announcer>
          </MiosaProvider>
        </QueryClientProvider>
      </TenantContext>
    </PageBoundary>
  </StrictMode>,
);
