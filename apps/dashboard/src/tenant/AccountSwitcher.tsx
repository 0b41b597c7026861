import { useId, useRef, useState, type CSSProperties, type ReactElement } from "react";
import { Icon } from "../ui/Icon.js";
import { accentFor } from "./accent.js";
import { useSwitchAccount } from "./SignedIn.js";
import { useTenant } from "./TenantContext.js";
import type { Account } from "./tenant.js";

/** Who is signed in, and in the demo the others that one can be. Shows nothing where the server does not say who is. */
export function AccountSwitcher(): ReactElement | null {
  const { user, accounts } = useTenant();
  const menuId = useId();
  if (user === null) return null;
  if (accounts.length < 2) {
    return (
      <p className="account">
        <Initials name={user.name} />
        <span className="account-name">{user.name}</span>
      </p>
    );
  }
  return (
    <>
      <button type="button" className="account" popoverTarget={menuId}>
        <Initials name={user.name} />
        <span className="visually-hidden">Signed in as </span>
        <span className="account-name">{user.name}</span>
        <span className="visually-hidden">, switch account</span>
        <Icon name="expand" />
      </button>
      <Menu id={menuId} accounts={accounts} />
    </>
  );
}

function Menu({ id, accounts }: { id: string; accounts: readonly Account[] }): ReactElement {
  const menu = useRef<HTMLDivElement>(null);
  const switchAccount = useSwitchAccount();
  const [state, setState] = useState<{ phase: "idle" | "failed" } | { phase: "switching"; account: string }>({ phase: "idle" });

  const choose = async ({ id: account, isCurrent }: Account): Promise<void> => {
    if (isCurrent) return menu.current?.hidePopover();
    if (state.phase === "switching") return;
    setState({ phase: "switching", account });
    try {
      await switchAccount(account); // a new page takes the place of this menu
    } catch (error) {
      reportError(error);
      setState({ phase: "failed" });
    }
  };

  return (
    <div ref={menu} id={id} popover="auto" className="accounts" role="group" aria-labelledby={`${id}-title`}>
      <p id={`${id}-title`} className="accounts-title">
        Demo accounts
      </p>
      <ul>
        {accounts.map((account) => (
          <li key={account.id}>
            <button
              type="button"
              aria-current={account.isCurrent ? "true" : undefined}
              aria-busy={state.phase === "switching" && state.account === account.id}
              onClick={() => void choose(account)}
            >
              <span className="monogram" style={swatch(account)} aria-hidden="true">
                {account.name.slice(0, 1).toUpperCase()}
              </span>
              <span className="accounts-who">
                <span>{account.name}</span>
                <span className="accounts-user">{account.userName}</span>
              </span>
              {account.isCurrent && <Icon name="check" />}
            </button>
          </li>
        ))}
      </ul>
      {state.phase === "failed" ? (
        <p role="alert" className="accounts-note" data-tone="bad">
          The dashboard's server did not take the sign-in. Check that it is running, then try again.
        </p>
      ) : (
        <p className="accounts-note">Each customer sees its own sandboxes only; staff sees all. In your product your own sign-in stands here.</p>
      )}
    </div>
  );
}

function Initials({ name }: { name: string }): ReactElement {
  const initials = name.split(/\s+/).map((word) => word.slice(0, 1).toUpperCase());
  return (
    <span className="initials" aria-hidden="true">
      {initials.slice(0, 2).join("")}
    </span>
  );
}

/** The account's own colour in both themes, over the one of whoever is signed in. */
function swatch({ accent }: Account): CSSProperties {
  const [light, dark] = [accentFor("light", accent), accentFor("dark", accent)];
  return { background: `light-dark(${light.colour}, ${dark.colour})`, color: `light-dark(${light.onColour}, ${dark.onColour})` };
}
