import { useState, type ReactElement } from "react";
import { Icon } from "../ui/Icon.js";

const choices = [
  { theme: "system", label: "Follow the system" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
] as const;

type Theme = (typeof choices)[number]["theme"];

/** Chooses light, dark, or whatever the system says; the choice is kept in this browser. */
export function ThemeToggle(): ReactElement {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const choose = (next: Theme): void => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <fieldset className="theme-toggle">
      <legend className="visually-hidden">Theme</legend>
      {choices.map((choice) => (
        <label key={choice.theme} title={choice.label}>
          <input
            type="radio"
            name="theme"
            className="visually-hidden"
            checked={theme === choice.theme}
            onChange={() => choose(choice.theme)}
          />
          <Icon name={choice.theme} />
          <span className="visually-hidden">{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

function currentTheme(): Theme {
  const set = document.documentElement.dataset["theme"];
  return set === "light" || set === "dark" ? set : "system";
}

function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // storage is switched off: the choice lasts as long as the page
  }
}
