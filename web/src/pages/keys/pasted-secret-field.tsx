import { SecretField } from "../../components/fields";
import type { Credential } from "../../logic/keys/credentials";
import { inspectPastedSecret } from "../../logic/keys/pasted-secret";

/** The field of a secret. Before it is saved, it says what is removed from a pasted text. */
export function PastedSecretField({
  label,
  hint,
  autofocus,
  auth,
  value,
  onValue,
  error,
}: {
  label: string;
  hint?: string;
  autofocus: boolean;
  auth: Credential;
  value: string;
  onValue: (value: string) => void;
  error: string | undefined;
}) {
  const { notices, refusal } = inspectPastedSecret(value, auth);
  return (
    <SecretField
      label={label}
      hint={
        notices.length === 0 ? (
          hint
        ) : (
          <span role="status" class="pasted-notice">
            {notices.join(" ")}
          </span>
        )
      }
      required
      autofocus={autofocus}
      value={value}
      onValue={onValue}
      error={error ?? refusal}
    />
  );
}
