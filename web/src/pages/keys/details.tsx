import { useEffect, useRef } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Confirm } from "../../components/confirm";
import { Dialog } from "../../components/dialog";
import { useQueryParams } from "../../components/query-params";
import { Snippets } from "../../components/snippets";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { useDeleteKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { credentialLocation } from "../../logic/keys/credentials";
import { keyLabel } from "../../logic/keys/key-names";
import { newTokenPath, playgroundPath } from "../../logic/navigation/routes";
import { poolStatus } from "../../logic/keys/pools";
import { KeyCheck } from "./key-check";
import { EditKey } from "./edit";
import { addToPoolHref, PoolStatusText } from "./pool-header";
import { ReplaceSecret } from "./replace";
import { Schedule } from "./schedule";
import { KeyStateBadge, KeyStateReason } from "./key-status";

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
  const { query, setQuery } = useQueryParams();
  const remove = useDeleteKey();
  const toast = useToast();
  const name = `${stored.api_name} ${keyLabel(stored)}`;
  const poolSize = pool.length;
  const openForm = query["do"];
  const lastForm = useRef<string>();
  const actions = useRef<HTMLDivElement>(null);
  const closeForm = () => setQuery({ do: undefined });
  const close = () => setQuery({ key: undefined, do: undefined });

  useEffect(() => {
    // The dialog stays open when a form in it ends: the focus goes to what opened that.
    if (openForm === undefined && lastForm.current !== undefined) {
      actions.current?.querySelector<HTMLElement>(`[data-opens="${lastForm.current}"]`)?.focus();
    }
    lastForm.current = openForm;
  }, [openForm]);

  async function deleteKey() {
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

  if (openForm === "delete") {
    return (
      <Confirm
        title={`Delete the key ${name}?`}
        action="Delete the key"
        onConfirm={deleteKey}
        onClose={close}
      >
        {stored.description !== "" && <p class="break">{stored.description}</p>}
        <p>
          {poolSize > 1
            ? `Calls of ${stored.api_name} go on with the other ${poolSize - 1} of its keys.`
            : `Every call of ${stored.api_name} through the dashboard will fail.`}{" "}
          The secret cannot be brought back. It stays valid at{" "}
          {provider?.name ?? "the API’s own side"} until you revoke it there.
        </p>
      </Confirm>
    );
  }
  if (openForm === "replace") {
    return (
      <Dialog title={`Replace the secret of ${name}`} onClose={closeForm}>
        <ReplaceSecret stored={stored} provider={provider} onClose={closeForm} />
      </Dialog>
    );
  }
  if (openForm === "edit") {
    return (
      <Dialog title={`Edit the key ${name}`} onClose={closeForm}>
        <EditKey stored={stored} provider={provider} onClose={closeForm} />
      </Dialog>
    );
  }
  return (
    <Dialog kind="aside" title={`Key ${name}`} onClose={close}>
      <div class="row">
        <KeyStateBadge stored={stored} pool={pool} />
        {poolSize > 1 && <Badge tone="info">Pool of {poolSize}</Badge>}
      </div>
      {stored.description !== "" && <p class="break">{stored.description}</p>}
      {stored.state !== "ready" && <SkippedNotice stored={stored} pool={pool} />}
      <KeyCheck stored={stored} immediately={false} />
      <Schedule stored={stored} provider={provider} />
      <div class="actions" ref={actions}>
        <Button data-opens="replace" onClick={() => setQuery({ do: "replace" })}>
          Replace secret
        </Button>
        <Button data-opens="edit" onClick={() => setQuery({ do: "edit" })}>
          Edit
        </Button>
        <a class="button" href={addToPoolHref(stored.api_name)}>
          Add to the pool
        </a>
        <Button onClick={() => setQuery({ do: "delete" })}>Delete…</Button>
      </div>
      <dl class="terms">
        <dt>API name</dt>
        <dd class="mono">{stored.api_name}</dd>
        <dt>Provider</dt>
        <dd>{provider?.name ?? stored.provider ?? "Custom API"}</dd>
        <dt>Base URL</dt>
        <dd class="mono">{stored.base_url}</dd>
        <dt>Secret goes into</dt>
        <dd class="mono">{credentialLocation(stored.auth)}</dd>
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
        <a class="button" href={newTokenPath(stored.api_name)}>
          Make a token
        </a>
        <a class="button" href={playgroundPath(stored.api_name)}>
          Try it in the playground
        </a>
      </div>
    </Dialog>
  );
}

/** Why a key is not used at present, and what that means for calls. */
function SkippedNotice({ stored, pool }: { stored: Key; pool: readonly Key[] }) {
  const status = poolStatus(pool);
  return (
    <div>
      <p>
        <KeyStateReason stored={stored} />
      </p>
      <p class="small">
        {status.kind === "ready" ? (
          `Calls of ${stored.api_name} go to the other keys of its pool meanwhile.`
        ) : status.kind === "refused" ? (
          `No key of ${stored.api_name} works: calls are still tried with them, and get the API’s own answer.`
        ) : (
          <>
            Calls of {stored.api_name} get 429 until then. <PoolStatusText standing={status} />.
          </>
        )}
      </p>
    </div>
  );
}
