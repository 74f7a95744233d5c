import { useEffect, useRef } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Confirm } from "../../components/confirm";
import { Dialog } from "../../components/dialog";
import { usePlace } from "../../components/place";
import { Snippets } from "../../components/snippets";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { useDeleteKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { placeOf } from "../../logic/credentials";
import { keyMark } from "../../logic/key-names";
import { newTokenPlace, playgroundPlace } from "../../logic/places";
import { standingOf } from "../../logic/pools";
import { Check } from "./check";
import { EditKey } from "./edit";
import { addToPool, PoolStanding } from "./pool-head";
import { ReplaceSecret } from "./replace";
import { Schedule } from "./schedule";
import { KeyStateBadge, KeyStateReason } from "./state";

/** All about one key, and what can be done with it. What is under way stands in the URL. */
export default function KeyDetails({
  stored,
  provider,
  pool,
}: {
  stored: Key;
  provider: Provider | undefined;
  /** All keys of its API. */
  pool: readonly Key[];
}) {
  const { query, go } = usePlace();
  const remove = useDeleteKey();
  const toast = useToast();
  const name = `${stored.api_name} ${keyMark(stored)}`;
  const pooled = pool.length;
  const doing = query["do"];
  const was = useRef<string>();
  const actions = useRef<HTMLDivElement>(null);
  const back = () => go({ do: undefined });
  const close = () => go({ key: undefined, do: undefined });

  useEffect(() => {
    // The dialog stays open when a form in it ends: the focus goes to what opened that.
    if (doing === undefined && was.current !== undefined) {
      actions.current?.querySelector<HTMLElement>(`[data-opens="${was.current}"]`)?.focus();
    }
    was.current = doing;
  }, [doing]);

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
        <EditKey stored={stored} provider={provider} onClose={back} />
      </Dialog>
    );
  }
  return (
    <Dialog kind="aside" title={`Key ${name}`} onClose={close}>
      <div class="row">
        <KeyStateBadge stored={stored} pool={pool} />
        {pooled > 1 && <Badge tone="info">Pool of {pooled}</Badge>}
      </div>
      {stored.description !== "" && <p class="break">{stored.description}</p>}
      {stored.state !== "ready" && <PassedOver stored={stored} pool={pool} />}
      <Check stored={stored} atOnce={false} />
      <Schedule stored={stored} provider={provider} />
      <div class="actions" ref={actions}>
        <Button data-opens="replace" onClick={() => go({ do: "replace" })}>
          Replace secret
        </Button>
        <Button data-opens="edit" onClick={() => go({ do: "edit" })}>
          Edit
        </Button>
        <a class="button" href={addToPool(stored.api_name)}>
          Add to the pool
        </a>
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

/** Why a key is not used at present, and what that means for calls. */
function PassedOver({ stored, pool }: { stored: Key; pool: readonly Key[] }) {
  const standing = standingOf(pool);
  return (
    <div>
      <p>
        <KeyStateReason stored={stored} />
      </p>
      <p class="small">
        {standing.kind === "ready" ? (
          `Calls of ${stored.api_name} go to the other keys of its pool meanwhile.`
        ) : standing.kind === "refused" ? (
          `No key of ${stored.api_name} works: calls are still tried with them, and get the API’s own answer.`
        ) : (
          <>
            Calls of {stored.api_name} get 429 until then. <PoolStanding standing={standing} />.
          </>
        )}
      </p>
    </div>
  );
}
