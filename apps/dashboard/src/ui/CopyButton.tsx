import { useState, type ReactElement } from "react";
import { useAnnounce } from "./Announcer.js";
import { Icon } from "./Icon.js";

/** Puts `text` on the clipboard; `label` names what is copied. */
export function CopyButton({ text, label }: { text: string; label: string }): ReactElement {
  const [copied, setCopied] = useState<string | null>(null);
  const announce = useAnnounce();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(text);
      announce(`${label} copied`);
    } catch {
      announce("The browser did not allow copying"); // the text stands on the page and can be selected
    }
  };
  const done = copied === text;
  return (
    <button type="button" className="button quiet icon-only" onClick={() => void copy()} title={`Copy ${label.toLowerCase()}`}>
      <Icon name={done ? "check" : "copy"} />
      <span className="visually-hidden">Copy {label.toLowerCase()}</span>
    </button>
  );
}
