import { asApiError } from "../../api/problem";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Confirm } from "../../components/confirm";
import { Dialog } from "../../components/dialog";
import { usePlace } from "../../components/place";
import { Snippets } from "../../components/snippets";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { type Key, useDeleteKey } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { placeOf } from "../../logic/credentials";
import { newTokenPlace, playgroundPlace } from "../../logic/places";
import { Check } from "./check";
import { EditKey } from "./edit";
import { ReplaceSecret } from "./replace";
import { KeyStateBadge } from "./state";

/** All about one key, and what can be done with it. What is under way stands in the URL. */
export function KeyDetails({
  stored,
  provider,
  pooled,
}: {
  stored: Key;
  provider: Provider | undefined;
  /** How many keys its API has. */
  pooled: number;
}) {
  const { query, go } = usePlace();
  const remove = useDeleteKey();
  const toast = useToast();
  const name = `${stored.api_name} ${stored.hint}`;
  const doing = query["do"];
  const back = () => go({ do: undefined });
  const close = () => go({ key: undefined, do: undefined });

  async function removeIt() {
    try {
      await remove.mutateAsync(stored.key_id);
    } catch (error) {
      // Somebody else was faster: it is gone, as was wanted.
      if (asApiError(error).code !== "key_not_found") {
        throw error;
      }
    }
    toast({ text: `The key ${name} is deleted.` });
  }

  if (doing === "delete") {
    return (
      <Confirm
        title={`Delete the key ${name}?`}
        action="Delete the key"
        onConfirm={removeIt}
        onClose={close}
      >
        {stored.description !== "" && <p class="break">{stored.description}</p>}
        <p>
          {pooled > 1
            ? `Calls of ${stored.api_name} go on with the other ${pooled - 1} of its keys.`
            : `Every call of ${stored.api_name} through the dashboard will fail.`}{" "}
          The secret cannot be brought back. It stays valid at{" "}
          {provider?.name ?? "the API’s own side"} until you revoke it there.
        </p>
      </Confirm>
    );
  }
  if (doing === "replace") {
    return (
      <Dialog title={`Replace the secret of ${name}`} onClose={back}>
        <ReplaceSecret stored={stored} provider={provider} onClose={back} />
      </Dialog>
    );
  }
  if (doing === "edit") {
    return (
      <Dialog title={`Edit the key ${name}`} onClose={back}>
        <EditKey stored={stored} onClose={back} />
      </Dialog>
    );
  }
  return (
    <Dialog kind="aside" title={`Key ${name}`} onClose={close}>
      <div class="row">
        <KeyStateBadge stored={stored} />
        {pooled > 1 && <Badge tone="info">Pool of {pooled}</Badge>}
      </div>
      {stored.description !== "" && <p class="break">{stored.description}</p>}
      <Check keyId={stored.key_id} atOnce={false} last={stored.check} />
      <div class="actions">
        <Button onClick={() => go({ do: "replace" })}>Replace secret</Button>
        <Button onClick={() => go({ do: "edit" })}>Edit</Button>
        <Button onClick={() => go({ do: "delete" })}>Delete…</Button>
      </div>
      <dl class="terms">
        <dt>API name</dt>
        <dd class="mono">{stored.api_name}</dd>
        <dt>Provider</dt>
        <dd>{provider?.name ?? stored.provider ?? "Custom API"}</dd>
        <dt>Base URL</dt>
        <dd class="mono">{stored.base_url}</dd>
        <dt>Secret goes into</dt>
        <dd class="mono">{placeOf(stored.auth)}</dd>
        <dt>Added</dt>
        <dd>
          <Ago at={stored.created_at} />
        </dd>
        <dt>Changed</dt>
        <dd>
          <Ago at={stored.updated_at} />
        </dd>
        <dt>Key id</dt>
        <dd class="mono">{stored.key_id}</dd>
        {provider?.keys_url && (
          <>
            <dt>At the provider</dt>
            <dd>
              <a href={provider.keys_url} target="_blank" rel="noreferrer">
                {provider.name}’s key page
              </a>
            </dd>
          </>
        )}
      </dl>
      <h3>Use it</h3>
      <Snippets api={{ apiName: stored.api_name, baseUrl: stored.base_url, provider }} />
      <div class="actions">
        <a class="button" href={newTokenPlace(stored.api_name)}>
          Make a token
        </a>
        <a class="button" href={playgroundPlace(stored.api_name)}>
          Try it in the playground
        </a>
      </div>
    </Dialog>
  );
}
