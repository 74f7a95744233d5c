import { Monitor, Moon, Sun } from "lucide-preact";
import { useId, useState } from "preact/hooks";
import { chooseTheme, storedTheme, type Theme } from "../theme";

const THEMES = [
  ["system", "System", Monitor],
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
] as const;

/** Choose a light or dark theme, or that of the operating system. */
export function ThemeSwitch() {
  const name = useId();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <fieldset class="segmented" aria-label="Theme">
      {THEMES.map(([value, label, Icon]) => (
        <label key={value} title={label}>
          <input
            type="radio"
            name={name}
            value={value}
            aria-label={label}
            checked={theme === value}
            onChange={() => {
              chooseTheme(value);
              setTheme(value);
            }}
          />
          <Icon size={15} aria-hidden="true" />
        </label>
      ))}
    </fieldset>
  );
}
