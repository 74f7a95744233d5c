import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { useAutofocus } from "../../components/autofocus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useChangeKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { KeyCheck } from "./key-check";
import { trimSecret } from "../../logic/keys/pasted-secret";
import { PastedSecretField } from "./pasted-secret-field";

/** Replace the secret of a key. The key keeps its id, so tokens and scripts need no change. */
export function ReplaceSecret({
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
  const [secret, setSecret] = useState("");
  const [replaced, setReplaced] = useState<Key>();
  const form = useForm(["secret"], async () => {
    const key = await change(stored.key_id, { secret: trimSecret(secret) });
    setSecret("");
    setReplaced(key);
  });

  if (replaced !== undefined) {
    return (
      <SecretReplaced
        stored={replaced}
        provider={provider}
        onAgain={() => setReplaced(undefined)}
        onClose={onClose}
      />
    );
  }
  return (
    <form class="stack" ref={root} onSubmit={form.submit}>
      <p class="muted">
        The key keeps its ID and API name. Your tokens and scripts stay the same.{" "}
        {provider?.keys_url && (
          <a href={provider.keys_url} target="_blank" rel="noreferrer">
            Manage keys at {provider.name}
          </a>
        )}
      </p>
      <PastedSecretField
        label="New secret"
        autofocus
        auth={stored.auth}
        value={secret}
        onValue={setSecret}
        error={form.at("secret")}
      />
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Replace secret
        </Button>
      </footer>
    </form>
  );
}

function SecretReplaced({
  stored,
  provider,
  onAgain,
  onClose,
}: {
  stored: Key;
  provider: Provider | undefined;
  onAgain: () => void;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLDivElement>();
  return (
    <div class="stack" ref={root}>
      <p>
        The new secret <span class="mono">{stored.hint}</span> is stored and in use. Revoke the old
        one at {provider?.name ?? "the provider"}.
      </p>
      <KeyCheck stored={stored} immediately={provider?.checkable ?? false} onReplace={onAgain} />
      <footer class="actions">
        <Button variant="primary" autofocus onClick={onClose}>
          Done
        </Button>
      </footer>
    </div>
  );
}
