import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { type ChangeKey, useChangeKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { type Credential, sameCredential, normalizeCredential } from "../../logic/keys/credentials";
import { changedHeaders, headerDrafts } from "../../logic/keys/extra-headers";
import { keyLabel } from "../../logic/keys/key-names";
import { changesOrigin } from "../../logic/keys/providers";
import { CredentialFields } from "./credential-fields";
import { trimSecret } from "../../logic/keys/pasted-secret";
import { PastedSecretField } from "./pasted-secret-field";
import { ExtraHeaders } from "./extra-headers";
import { ScheduleField } from "./schedule";

const FIELDS = [
  "description",
  "base_url",
  "auth.name",
  "auth.prefix",
  "auth.username",
  "auth",
  "secret",
  "check_every",
  "api_name",
  "extra_headers",
] as const;

/** Edit a key. Asks for the secret if it would be sent to another host. */
export function EditKey({
  stored,
  provider,
  onClose,
}: {
  stored: Key;
  provider: Provider | undefined;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLFormElement>();
  const change = useChangeKey();
  const toast = useToast();
  const [description, setDescription] = useState(stored.description);
  const [baseUrl, setBaseUrl] = useState(stored.base_url);
  const [auth, setAuth] = useState<Credential>(stored.auth);
  const [secret, setSecret] = useState("");
  const [apiName, setApiName] = useState(stored.api_name);
  const [every, setEvery] = useState(stored.check_every);
  const [headers, setHeaders] = useState(() =>
    headerDrafts(stored.extra_headers, provider?.extra_headers ?? []),
  );
  const providerBaseUrl = provider?.base_url ?? null;
  const changesHost = changesOrigin(stored.base_url, baseUrl.trim());

  const movesTo = apiName.trim() === stored.api_name ? "" : apiName.trim();

  const form = useForm(FIELDS, async () => {
    const body: ChangeKey = {};
    if (description.trim() !== stored.description) {
      body.description = description.trim();
    }
    if (baseUrl.trim() !== stored.base_url) {
      body.base_url = baseUrl.trim();
    }
    if (!sameCredential(auth, stored.auth)) {
      body.auth = normalizeCredential(auth);
    }
    if (every !== stored.check_every) {
      body.check_every = every;
    }
    if (movesTo !== "") {
      body.api_name = movesTo;
    }
    if (secret !== "") {
      body.secret = trimSecret(secret);
    }
    const extraHeaders = changedHeaders(headers, stored.extra_headers);
    if (extraHeaders !== undefined) {
      body.extra_headers = extraHeaders;
    }
    if (Object.keys(body).length > 0) {
      const changed = await change(stored.key_id, body);
      toast({ text: `The key ${changed.api_name} ${keyLabel(stored)} was updated.` });
    }
    setSecret("");
    onClose();
  });
  const asksForSecret = changesHost || form.error?.code === "secret_required";

  return (
    <form class="stack" ref={root} onSubmit={form.submit}>
      <TextField
        label="Description"
        placeholder="What the key is for"
        maxLength={500}
        autofocus
        value={description}
        onValue={setDescription}
        error={form.at("description")}
      />
      <TextField
        label="Base URL"
        type="url"
        class="mono"
        required
        hint={
          providerBaseUrl !== null &&
          baseUrl.trim() !== providerBaseUrl && (
            <span class="row">
              <span class="break">
                The default for {provider?.name} is <span class="mono">{providerBaseUrl}</span>.
              </span>
              <Button size="small" onClick={() => setBaseUrl(providerBaseUrl)}>
                Use default
              </Button>
            </span>
          )
        }
        value={baseUrl}
        onValue={setBaseUrl}
        error={form.at("base_url")}
      />
      <TextField
        label="API name"
        class="mono"
        required
        autocapitalize="off"
        spellcheck={false}
        hint={
          movesTo === ""
            ? "The name after /proxy/ in the URL."
            : `The key leaves the pool of ${stored.api_name} and joins the pool of ${movesTo}. Tokens that are limited to ${stored.api_name} do not change, and its limits and statistics stay.`
        }
        value={apiName}
        onValue={setApiName}
        error={form.at("api_name")}
      />
      {asksForSecret && (
        <>
          <Notice kind="warn">
            This change sends the key to another host. Enter its{" "}
            {stored.extra_headers.length > 0 ? "secrets" : "secret"} again to confirm, so that
            nobody else can redirect your key.
          </Notice>
          <PastedSecretField
            label="Secret"
            autofocus={false}
            auth={auth}
            value={secret}
            onValue={setSecret}
            error={form.at("secret")}
          />
        </>
      )}
      <CredentialFields value={auth} onValue={setAuth} at={(field) => form.at(field)} />
      <ExtraHeaders
        drafts={headers}
        onDrafts={setHeaders}
        again={asksForSecret}
        error={form.at("extra_headers")}
      />
      {((provider?.checkable ?? false) || stored.check_every !== null) && (
        <ScheduleField
          every={every}
          stored={stored.check_every}
          onEvery={setEvery}
          error={form.at("check_every")}
        />
      )}
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Save changes
        </Button>
      </footer>
    </form>
  );
}
