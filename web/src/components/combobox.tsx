import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Field } from "./fields";
import { useAutofocus } from "./autofocus";

export interface ComboboxProps<T extends object | string> {
  label: string;
  hint?: ComponentChildren;
  placeholder?: string;
  /** What is offered for a text, best first: Enter takes the first unless another was gone to. */
  find: (text: string) => readonly T[];
  keyOf: (option: T) => string;
  draw: (option: T) => ComponentChildren;
  onChoose: (option: T) => void;
  /** What is said where nothing is found. */
  empty?: string;
}

/**
 * Finds one of many by typing; its list is always open below it. The keys are those of the ARIA
 * Authoring Practices' combobox with a list: arrows go, Home and End move in the text, Enter takes.
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
            // The first thing to do in what it opens in.
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
            // The focus stays in the text.
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
