import { SelectField, TextField } from "../../components/fields";
import { type Credential, SCHEME_HINTS, SCHEMES } from "../../logic/keys/credentials";

/** How the API expects its credential: the scheme and its fields. */
export function CredentialFields({
  value,
  onValue,
  at,
}: {
  value: Credential;
  onValue: (value: Credential) => void;
  /** The error of a member. */
  at: (field: "auth" | "auth.name" | "auth.prefix" | "auth.username") => string | undefined;
}) {
  const change = (changes: Partial<Credential>) => onValue({ ...value, ...changes });
  const { scheme } = value;
  return (
    <>
      <SelectField
        label="Authentication method"
        hint={SCHEME_HINTS[scheme]}
        value={scheme}
        options={SCHEMES}
        onValue={(next) => change({ scheme: next, name: null })}
        error={at("auth")}
      />
      {(scheme === "header" || scheme === "query") && (
        <div class="field-grid">
          <TextField
            label={scheme === "header" ? "Header name" : "Parameter name"}
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
              hint="Sent before the secret. Include the space after it, if any."
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

/** The username that belongs to a password, such as an account ID or email address. */
export function UsernameField(props: {
  value: string;
  onValue: (value: string) => void;
  error: string | undefined;
}) {
  return (
    <TextField
      label="Username"
      hint="Sent with the secret, for example an account ID or an email address."
      autocapitalize="off"
      spellcheck={false}
      required
      {...props}
    />
  );
}
