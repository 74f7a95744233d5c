import type { ComponentChildren, JSX } from "preact";

export interface ButtonProps extends Omit<
  JSX.IntrinsicElements["button"],
  "size" | "icon" | "children"
> {
  children?: ComponentChildren;
  variant?: "primary" | "plain" | "quiet" | "danger";
  size?: "small" | "normal";
  class?: string;
  /** Its action is in progress: it ignores clicks and shows a spinner. */
  busy?: boolean;
}

/** A button. `type` defaults to button, so that it never submits a form by accident. */
export function Button({
  variant = "plain",
  size = "normal",
  busy = false,
  disabled,
  children,
  class: extra,
  type = "button",
  ...rest
}: ButtonProps) {
  const classes = ["button", variant, size === "small" ? "small" : "", extra];
  return (
    <button
      {...rest}
      type={type}
      class={classes.filter(Boolean).join(" ")}
      disabled={disabled ?? false}
      aria-disabled={busy || rest["aria-disabled"] || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

/** A button with only an icon; `label` is its accessible name. */
export function IconButton({ label, ...rest }: ButtonProps & { label: string }) {
  return (
    <Button
      variant="quiet"
      {...rest}
      aria-label={label}
      title={label}
      class={`icon-only ${rest.class ?? ""}`}
    />
  );
}
