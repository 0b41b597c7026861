import type { ReactElement } from "react";

interface ChoiceProps<Value extends string> {
  /** Tells its radio buttons from those of others on the page. */
  name: string;
  legend: string;
  options: readonly { value: Value; label: string }[];
  value: Value;
  onChange: (value: Value) => void;
}

/** One of a few, side by side; the arrow keys go through them. */
export function Choice<Value extends string>({ name, legend, options, value, onChange }: ChoiceProps<Value>): ReactElement {
  return (
    <fieldset className="choice">
      <legend>{legend}</legend>
      <div className="choice-options">
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              className="visually-hidden"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
