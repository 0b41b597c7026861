import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { PageBoundary } from "./problems/PageBoundary.js";
import { loadTenant } from "./tenant/loadTenant.js";
import { SignedIn } from "./tenant/SignedIn.js";
import { applyTenant } from "./tenant/TenantContext.js";
import { Announcer } from "./ui/Announcer.js";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const tenant = await loadTenant();
applyTenant(tenant);

createRoot(root).render(
  <StrictMode>
    <PageBoundary>
      <Announcer>
        <SignedIn first={tenant}>
          <App />
        </SignedIn>
      </Announcer>
    </PageBoundary>
  </StrictMode>,
);
