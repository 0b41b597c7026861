import { createContext, use } from "react";
import { accentFor } from "./accent.js";
import { defaultTenant, type Tenant } from "./tenant.js";

/** Carries the tenant to every component. */
export const TenantContext = createContext<Tenant>(defaultTenant);

/** Whose dashboard this is. */
export function useTenant(): Tenant {
  return use(TenantContext);
}

/** Gives the tenant's colours to the style sheet, as the custom properties that tokens.css names, and its name to the browser's tab. */
export function applyTenant(tenant: Tenant): void {
  document.title = tenant.name;
  const { style } = document.documentElement;
  for (const theme of ["light", "dark"] as const) {
    const { colour, onColour } = accentFor(theme, tenant.accent);
    style.setProperty(`--brand-${theme}`, colour);
    style.setProperty(`--on-brand-${theme}`, onColour);
  }
}
