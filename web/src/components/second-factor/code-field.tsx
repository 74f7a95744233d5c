import { TextField } from "../fields";

/** A field for a code of an authenticator app, or for a recovery code. */
export function CodeField({
  kind,
  value,
  onValue,
  error,
}: {
  kind: "totp" | "recovery_code";
  value: string;
  onValue: (value: string) => void;
  error: string | undefined;
}) {
  return kind === "totp" ? (
    <TextField
      label="Code of your authenticator app"
      hint="6 digits. The app shows a new code every 30 seconds."
      name="code"
      inputMode="numeric"
      autocomplete="one-time-code"
      class="mono"
      required
      value={value}
      onValue={onValue}
      error={error}
    />
  ) : (
    <TextField
      label="Recovery code"
      hint="One of the ten codes that you saved. Each works once."
      name="recovery_code"
      autocapitalize="off"
      spellcheck={false}
      class="mono"
      required
      value={value}
      onValue={onValue}
      error={error}
    />
  );
}
