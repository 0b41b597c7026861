import { createContext, use, useCallback, useState, type ReactElement, type ReactNode } from "react";

const AnnounceContext = createContext<(text: string) => void>(() => undefined);

/** Says something to people who do not see the page, once, when they are done listening to what they hear now. */
export function useAnnounce(): (text: string) => void {
  return use(AnnounceContext);
}

/** Holds the page's one live region. */
export function Announcer({ children }: { children: ReactNode }): ReactElement {
  const [said, setSaid] = useState({ text: "", turn: 0 });
  const announce = useCallback((text: string) => setSaid(({ turn }) => ({ text, turn: turn + 1 })), []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div role="status" aria-live="polite" className="visually-hidden">
        {/* a new element each time, so that the same words twice are said twice */}
        <p key={said.turn}>{said.text}</p>
      </div>
    </AnnounceContext>
  );
}
