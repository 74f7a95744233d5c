import { Monitor, Moon, Sun } from "lucide-preact";
import { useId, useState } from "preact/hooks";
import { chooseTheme, storedTheme, type Theme } from "../theme";

const THEMES = [
  ["system", "As the machine", Monitor],
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
] as const;

/** Chooses between light, dark, and whatever the machine says. */
export function ThemeSwitch() {
  const name = useId();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <fieldset class="segmented" aria-label="Colours">
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
