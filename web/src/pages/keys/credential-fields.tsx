import { SelectField, TextField } from "../../components/fields";
import { type Credential, SCHEME_HINTS, SCHEMES } from "../../logic/keys/credentials";

/** Where an API takes its credential: the scheme, and the fields that go with it. */
export function CredentialFields({
  value,
  onValue,
  at,
}: {
  value: Credential;
  onValue: (value: Credential) => void;
  /** What is wrong with a member of it. */
  at: (field: "auth" | "auth.name" | "auth.prefix" | "auth.username") => string | undefined;
}) {
  const change = (changes: Partial<Credential>) => onValue({ ...value, ...changes });
  const { scheme } = value;
  return (
    <>
      <SelectField
        label="Where the API takes the secret"
        hint={SCHEME_HINTS[scheme]}
        value={scheme}
        options={SCHEMES}
        onValue={(next) => change({ scheme: next, name: null })}
        error={at("auth")}
      />
      {(scheme === "header" || scheme === "query") && (
        <div class="field-grid">
          <TextField
            label={scheme === "header" ? "Header" : "Parameter"}
            placeholder={scheme === "header" ? "X-Api-Key" : "appid"}
            class="mono"
            autocapitalize="off"
            spellcheck={false}
            required
            value={value.name ?? ""}
            onValue={(name) => change({ name })}
            error={at("auth.name")}
          />
          {scheme === "header" && (
            <TextField
              label="Prefix (optional)"
              placeholder="Token "
              hint="Stands before the secret, with its space."
              class="mono"
              autocapitalize="off"
              spellcheck={false}
              value={value.prefix ?? ""}
              onValue={(prefix) => change({ prefix })}
              error={at("auth.prefix")}
            />
          )}
        </div>
      )}
      {scheme === "basic" && (
        <UsernameField
          value={value.username ?? ""}
          onValue={(username) => change({ username })}
          error={at("auth.username")}
        />
      )}
    </>
  );
}

/** The user name that goes with a password: an account's id, an e-mail address. */
export function UsernameField(props: {
  value: string;
  onValue: (value: string) => void;
  error: string | undefined;
}) {
  return (
    <TextField
      label="User name"
      hint="What the API wants beside the secret, such as an account’s id or an e-mail address."
      autocapitalize="off"
      spellcheck={false}
      required
      {...props}
    />
  );
}
