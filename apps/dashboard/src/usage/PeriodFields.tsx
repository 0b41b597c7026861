import { useId, useState, type FormEvent, type ReactElement } from "react";
import { dayOf, mistakeInPeriod } from "./usageChoice.js";

interface PeriodFieldsProps {
  from: string;
  to: string;
  nowMs: number;
  onChange: (from: string, to: string) => void;
}

/** The first and the last day of a report. What is typed counts when it is asked for. */
export function PeriodFields({ from, to, nowMs, onChange }: PeriodFieldsProps): ReactElement {
  const [days, setDays] = useState({ from, to });
  const [mistake, setMistake] = useState(() => mistakeInPeriod({ name: "custom", from, to }, nowMs));
  const hintId = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wrong = mistakeInPeriod({ name: "custom", ...days }, nowMs);
    setMistake(wrong);
    if (wrong === null) onChange(days.from, days.to);
  };
  const field = (name: "from" | "to", label: string): ReactElement => (
    <label className="field compact">
      <span>{label}</span>
      <input
        type="date"
        name={name}
        value={days[name]}
        max={dayOf(nowMs)}
        onChange={(event) => setDays({ ...days, [name]: event.target.value })}
        aria-invalid={mistake !== null}
        aria-describedby={hintId}
      />
    </label>
  );
  return (
    <form className="period-fields" onSubmit={submit} noValidate>
      {field("from", "First day")}
      {field("to", "Last day")}
      <button type="submit" className="button">
        Show
      </button>
      <small id={hintId} role={mistake === null ? undefined : "alert"} data-tone={mistake === null ? undefined : "bad"}>
        {mistake ?? "Whole days in UTC, the last one included."}
      </small>
    </form>
  );
}
