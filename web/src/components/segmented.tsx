import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A choice between a few visible options. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onValue,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [value: Value, text: ComponentChildren])[];
  onValue: (value: Value) => void;
}) {
  const name = useId();
  return (
    <fieldset class="segmented" aria-label={label}>
      {options.map(([option, text]) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={value === option}
            onChange={() => onValue(option)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
