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
import { apiPath, newTokenPath, playgroundPath } from "../../logic/navigation/routes";
import { poolStatus } from "../../logic/keys/pools";
import { KeyCheck } from "./key-check";
import { EditKey } from "./edit";
import { addToPoolHref, PoolStatusText } from "./pool-header";
import { ReplaceSecret } from "./replace";
import { Schedule } from "./schedule";
import { KeyStateBadge, KeyStateReason } from "./key-status";

/** The details of a key and its actions. The open form is part of the URL. */
export default function KeyDetails({
  stored,
  provider,
  pool,
}: {
  stored: Key;
  provider: Provider | undefined;
  /** All keys of the API. */
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
    // The dialog stays open when its form closes: focus the button that opened the form.
    if (openForm === undefined && lastForm.current !== undefined) {
      actions.current?.querySelector<HTMLElement>(`[data-opens="${lastForm.current}"]`)?.focus();
    }
    lastForm.current = openForm;
  }, [openForm]);

  async function deleteKey() {
    try {
      await remove.mutateAsync(stored.key_id);
    } catch (error) {
      // Already deleted elsewhere.
      if (asApiError(error).code !== "key_not_found") {
        throw error;
      }
    }
    toast({ text: `The key ${name} was deleted.` });
  }

  if (openForm === "delete") {
    return (
      <Confirm
        title={`Delete key ${name}?`}
        action="Delete key"
        onConfirm={deleteKey}
        onClose={close}
      >
        {stored.description !== "" && <p class="break">{stored.description}</p>}
        <p>
          {poolSize > 1
            ? `Calls to ${stored.api_name} continue with its other ${poolSize === 2 ? "key" : `${poolSize - 1} keys`}.`
            : `All calls to ${stored.api_name} through the dashboard will fail.`}{" "}
          The secret cannot be recovered. It remains valid at {provider?.name ?? "the provider"}{" "}
          until you revoke it there.
        </p>
      </Confirm>
    );
  }
  if (openForm === "replace") {
    return (
      <Dialog title={`Replace secret of ${name}`} onClose={closeForm}>
        <ReplaceSecret stored={stored} provider={provider} onClose={closeForm} />
      </Dialog>
    );
  }
  if (openForm === "edit") {
    return (
      <Dialog title={`Edit key ${name}`} onClose={closeForm}>
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
          Edit key
        </Button>
        <a class="button" href={addToPoolHref(stored.api_name)}>
          Add to pool
        </a>
        <Button onClick={() => setQuery({ do: "delete" })}>Delete key…</Button>
      </div>
      <dl class="terms">
        <dt>API name</dt>
        <dd class="mono">{stored.api_name}</dd>
        <dt>Provider</dt>
        <dd>{provider?.name ?? stored.provider ?? "Custom API"}</dd>
        <dt>Base URL</dt>
        <dd class="mono">{stored.base_url}</dd>
        <dt>Secret sent as</dt>
        <dd class="mono">{credentialLocation(stored.auth)}</dd>
        {stored.extra_headers.length > 0 && (
          <>
            <dt>Extra headers</dt>
            <dd class="mono">
              {stored.extra_headers.map(({ name, hint }) => (
                <div key={name}>
                  {name}: {hint}
                </div>
              ))}
            </dd>
          </>
        )}
        <dt>Added</dt>
        <dd>
          <Ago at={stored.created_at} />
        </dd>
        <dt>Updated</dt>
        <dd>
          <Ago at={stored.updated_at} />
        </dd>
        <dt>Key ID</dt>
        <dd class="mono">{stored.key_id}</dd>
        {provider?.keys_url && (
          <>
            <dt>Provider page</dt>
            <dd>
              <a href={provider.keys_url} target="_blank" rel="noreferrer">
                Manage keys at {provider.name}
              </a>
            </dd>
          </>
        )}
      </dl>
      <h3>Usage</h3>
      <Snippets api={{ apiName: stored.api_name, baseUrl: stored.base_url, provider }} />
      <div class="actions">
        <a class="button" href={apiPath(stored.api_name)}>
          Agents, SDKs and editors
        </a>
        <a class="button" href={newTokenPath(stored.api_name)}>
          Create token
        </a>
        <a class="button" href={playgroundPath(stored.api_name)}>
          Try in the playground
        </a>
      </div>
    </Dialog>
  );
}

/** Why a key comes last, and what that means for calls. */
function SkippedNotice({ stored, pool }: { stored: Key; pool: readonly Key[] }) {
  const status = poolStatus(pool);
  return (
    <div>
      <p>
        <KeyStateReason stored={stored} />
      </p>
      <p class="small">
        {status.kind === "ready" ? (
          `In the meantime, calls to ${stored.api_name} use the other keys in its pool.`
        ) : status.kind === "refused" ? (
          `No key for ${stored.api_name} works. Calls still use them and get the API’s own response.`
        ) : (
          <>
            Calls to {stored.api_name} still use its keys, unless the API answered 429 and asked to
            wait. <PoolStatusText standing={status} />.
          </>
        )}
      </p>
    </div>
  );
}
