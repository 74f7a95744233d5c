import { useId } from "preact/hooks";
import { SecretField, TextField } from "../../components/fields";

/** The source of the token in a safe file. */
export type TokenSource = "new" | "existing" | "later";

export interface TokenChoice {
  readonly source: TokenSource;
  /** The name of a new token. */
  readonly name: string;
  /** An existing token: a secret. */
  readonly token: string;
}

const WAYS: readonly (readonly [way: TokenSource, text: string, hint: string])[] = [
  ["new", "Create a token", "for the APIs above, valid for 90 days"],
  ["existing", "Use an existing token", "which you paste"],
  ["later", "Leave a placeholder", "to fill in later"],
];

/** Choose the token that replaces the keys in the file. */
export function ExportToken({
  value,
  onValue,
  at,
}: {
  value: TokenChoice;
  onValue: (value: TokenChoice) => void;
  at: (field: "name" | "token") => string | undefined;
}) {
  const radios = useId();
  const change = (changes: Partial<TokenChoice>) => onValue({ ...value, ...changes });
  return (
    <fieldset class="stack tight env-token">
      <legend>Token</legend>
      {WAYS.map(([way, text, hint]) => (
        <label class="checkbox" key={way}>
          <input
            type="radio"
            name={radios}
            checked={value.source === way}
            onChange={() => change({ source: way, token: "" })}
          />
          <span>
            {text}, <span class="muted">{hint}</span>
          </span>
        </label>
      ))}
      {value.source === "new" && (
        <TextField
          label="Name of the token"
          placeholder="shop, laptop"
          hint="Name it after the project or machine that uses the file, so that you know later which token to revoke."
          maxLength={100}
          value={value.name}
          onValue={(name) => change({ name })}
          error={at("name")}
        />
      )}
      {value.source === "existing" && (
        <SecretField
          label="Your token"
          placeholder="apd_…"
          value={value.token}
          onValue={(token) => change({ token })}
          error={at("token")}
        />
      )}
    </fieldset>
  );
}
