import { useId, type ReactElement } from "react";

interface NameFieldProps {
  label: string;
  hint: string;
  /** What is wrong with the name, in place of the hint. */
  mistake: string | null;
  value: string;
  placeholder?: string;
  onChange: (value: string) => void;
  /** Escape. */
  onCancel: () => void;
}

/** A name to type; it takes the focus, and what stands in it up to the extension is selected. */
export function NameField({ label, hint, mistake, value, placeholder, onChange, onCancel }: NameFieldProps): ReactElement {
  const hintId = useId();
  return (
    <label className="field compact">
      <span>{label}</span>
      <input
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it was asked for just now, by the button before it
        autoFocus
        name="file-name"
        value={value}
        onFocus={({ currentTarget }) => currentTarget.setSelectionRange(0, stemLength(value))}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && onCancel()}
        placeholder={placeholder}
        aria-invalid={mistake !== null}
        aria-describedby={hintId}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
      />
      <small id={hintId} role={mistake === null ? undefined : "alert"} data-tone={mistake === null ? undefined : "bad"}>
        {mistake ?? hint}
      </small>
    </label>
  );
}

/** Without the extension; a name that begins with its only dot has none. */
function stemLength(name: string): number {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? dot : name.length;
}
