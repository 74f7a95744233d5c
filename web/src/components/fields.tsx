import { Eye, EyeOff } from "lucide-preact";
import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { IconButton } from "./button";

interface FieldProps {
  label: string;
  /** Help text. */
  hint?: ComponentChildren;
  /** The validation error. */
  error?: string | undefined;
}

interface Ids {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

/** A control with label, help text and error. `children` receives the ids that connect them. */
export function Field({
  label,
  hint,
  error,
  children,
}: FieldProps & { children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error && (
        <div class="field-error" id={`${id}-error`}>
          {error}
        </div>
      )}
    </div>
  );
}

type Input = Omit<JSX.IntrinsicElements["input"], "label" | "onInput" | "value">;

/** A single-line text field. `onValue` receives the text after each change. */
export function TextField({
  label,
  hint,
  error,
  value,
  onValue,
  ...rest
}: FieldProps & Input & { value: string; onValue: (value: string) => void }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          type="text"
          autocomplete="off"
          {...rest}
          {...ids}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A multi-line text field. */
export function TextArea({
  label,
  hint,
  error,
  value,
  onValue,
  ...rest
}: FieldProps &
  Omit<JSX.IntrinsicElements["textarea"], "label" | "onInput" | "value"> & {
    value: string;
    onValue: (value: string) => void;
  }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <textarea
          rows={4}
          spellcheck={false}
          {...rest}
          {...ids}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A select field. */
export function SelectField<Value extends string>({
  label,
  hint,
  error,
  value,
  options,
  onValue,
  ...rest
}: FieldProps &
  Omit<JSX.IntrinsicElements["select"], "label" | "onChange" | "value"> & {
    value: Value;
    options: readonly (readonly [value: Value, text: string])[];
    onValue: (value: Value) => void;
  }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <select
          {...rest}
          {...ids}
          value={value}
          onChange={(event) => onValue(event.currentTarget.value as Value)}
        >
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A checkbox. */
export function Checkbox({
  label,
  checked,
  onChecked,
  ...rest
}: { label: ComponentChildren; checked: boolean; onChecked: (checked: boolean) => void } & Omit<
  JSX.IntrinsicElements["input"],
  "label" | "checked" | "onChange" | "type"
>) {
  return (
    <label class="checkbox">
      <input
        {...rest}
        type="checkbox"
        checked={checked}
        onChange={(event) => onChecked(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/**
 * A field for a secret. Password managers ignore it, and it can be revealed only until it is sent.
 */
export function SecretField(
  props: FieldProps & Input & { value: string; onValue: (value: string) => void },
) {
  const { label, hint, error, value, onValue, ...rest } = props;
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <div class="with-button">
          <input
            autocomplete="off"
            {...rest}
            {...ids}
            type={shown ? "text" : "password"}
            autocapitalize="off"
            spellcheck={false}
            data-1p-ignore
            data-lpignore="true"
            class="mono"
            value={value}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
          <IconButton
            label={shown ? "Hide what was typed" : "Show what was typed"}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? <EyeOff size={16} /> : <Eye size={16} />}
          </IconButton>
        </div>
      )}
    </Field>
  );
}

/** A password field with the hints that password managers need. */
export function PasswordField({
  purpose,
  ...rest
}: FieldProps &
  Input & {
    value: string;
    onValue: (value: string) => void;
    purpose: "current" | "new";
  }) {
  return <SecretField {...rest} autocomplete={`${purpose}-password`} data-1p-ignore={undefined} />;
}
