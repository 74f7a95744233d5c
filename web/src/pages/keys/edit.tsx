import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { SecretField, TextField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { type ChangeKey, useChangeKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { type Credential, sameCredential, normalizeCredential } from "../../logic/keys/credentials";
import { keyLabel } from "../../logic/keys/key-names";
import { changesOrigin } from "../../logic/keys/providers";
import { CredentialFields } from "./credential-fields";
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
  const [every, setEvery] = useState(stored.check_every);
  const providerBaseUrl = provider?.base_url ?? null;
  const changesHost = changesOrigin(stored.base_url, baseUrl.trim());

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
    if (secret !== "") {
      body.secret = secret.trim();
    }
    if (Object.keys(body).length > 0) {
      await change(stored.key_id, body);
      toast({ text: `The key ${stored.api_name} ${keyLabel(stored)} was updated.` });
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
      {asksForSecret && (
        <>
          <Notice kind="warn">
            This change sends the key to another host. Enter its secret again to confirm, so that
            nobody else can redirect your key.
          </Notice>
          <SecretField
            label="Secret"
            required
            value={secret}
            onValue={setSecret}
            error={form.at("secret")}
          />
        </>
      )}
      <CredentialFields value={auth} onValue={setAuth} at={(field) => form.at(field)} />
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
