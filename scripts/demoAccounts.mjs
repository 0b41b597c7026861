const everything = ["read", "create", "exec", "files", "delete"];
const readyTimeoutMs = 30_000;

/**
 * Who can sign in to what `npm start` starts: a user of each of two customers, and the platform's own staff, who see both.
 * `brand` is what the page gets of it; `session` is what the gateway enforces.
 */
export const demoAccounts = [
  {
    id: "dana",
    userName: "Dana Reyes",
    brand: { name: "Smile Studio", accent: "#0b6e75", readyTimeoutMs },
    session: { externalWorkspaceId: "smile-studio-114", externalUserId: "d.reyes", can: everything },
  },
  {
    id: "samuel",
    userName: "Samuel Okafor",
    brand: {
      name: "Northside Accounting",
      accent: "#7a3e9d",
      attributionLabels: { workspace: "Firm", user: "Accountant", project: "Engagement" },
      readyTimeoutMs,
    },
    session: { externalWorkspaceId: "northside-accounting-207", externalUserId: "s.okafor", can: everything },
  },
  {
    id: "staff",
    userName: "Platform staff",
    brand: { name: "MIOSA", accent: "#3f4a5a", readyTimeoutMs },
    session: { operator: true, can: everything },
  },
];

/** The one account of a start with a brand of its own: `externalWorkspaceId` in the file names the customer. */
export function accountsOf(brand) {
  const { externalWorkspaceId } = { externalWorkspaceId: "demo-customer", ...brand };
  return [
    {
      id: "user",
      userName: "Demo user",
      brand,
      session: { externalWorkspaceId, externalUserId: "demo-user", can: everything },
    },
  ];
}
