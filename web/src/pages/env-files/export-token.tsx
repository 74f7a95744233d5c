import { useId } from "preact/hooks";
import { SecretField, TextField } from "../../components/fields";

/** Where the token of a safe file comes from. */
export type TokenSource = "new" | "existing" | "later";

export interface TokenChoice {
  readonly source: TokenSource;
  /** What a new one is called. */
  readonly name: string;
  /** One that there is, as it was shown once: a secret. */
  readonly token: string;
}

const WAYS: readonly (readonly [way: TokenSource, text: string, hint: string])[] = [
  ["new", "A new one", "for the APIs above, for 90 days"],
  ["existing", "One that I have", "as it was shown once"],
  ["later", "None yet", "a placeholder to fill in"],
];

/** Which token stands in the file in the place of keys. */
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
          label="Name of the new token"
          placeholder="shop, laptop"
          hint="After the project or machine that will hold the file, so that you know later what to revoke."
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
