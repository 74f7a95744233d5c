import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Field } from "./fields";
import { useAutofocus } from "./autofocus";

export interface ComboboxProps<T extends object | string> {
  label: string;
  hint?: ComponentChildren;
  placeholder?: string;
  /**
   * The options for a search text, best first. Enter chooses the first unless another is active.
   */
  find: (text: string) => readonly T[];
  keyOf: (option: T) => string;
  draw: (option: T) => ComponentChildren;
  onChoose: (option: T) => void;
  /** The message when nothing is found. */
  empty?: string;
}

/**
 * A search field with a list of options that is always open. Its keys follow the combobox pattern
 * of the ARIA Authoring Practices: arrows move in the list, Home and End in the text, Enter
 * chooses.
 */
export function Combobox<T extends object | string>(props: ComboboxProps<T>) {
  const { label, hint, placeholder, find, keyOf, draw, onChoose, empty } = props;
  const list = useId();
  const active = useRef<HTMLLIElement>(null);
  const root = useAutofocus<HTMLDivElement>();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const options = find(text);

  useEffect(() => active.current?.scrollIntoView({ block: "nearest" }), [at]);

  function onKeyDown(event: KeyboardEvent) {
    const step = STEPS[event.key];
    const chosen = options[at];
    if (step !== undefined && options.length > 0) {
      event.preventDefault();
      setAt(Math.min(Math.max(at + step, 0), options.length - 1));
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (chosen !== undefined) {
        onChoose(chosen);
      }
    }
  }

  return (
    <div class="combobox" ref={root}>
      <Field label={label} hint={hint}>
        {(ids) => (
          <input
            {...ids}
            type="text"
            role="combobox"
            aria-expanded="true"
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={options.length > 0 ? `${list}-${at}` : undefined}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder={placeholder}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
            // It is the first control of the dialog that contains it.
            autofocus
          />
        )}
      </Field>
      <ul class="options" role="listbox" id={list} aria-label={label}>
        {options.map((option, index) => (
          <li
            key={keyOf(option)}
            id={`${list}-${index}`}
            ref={index === at ? active : null}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            // Keep the focus in the text field.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(option)}
          >
            {draw(option)}
          </li>
        ))}
      </ul>
      {empty !== undefined && (
        <p class="muted small" role="status">
          {options.length === 0 ? empty : ""}
        </p>
      )}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 8,
  PageUp: -8,
};
