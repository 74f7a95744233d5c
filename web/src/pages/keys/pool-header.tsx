import { Plus } from "lucide-preact";
import { Badge } from "../../components/badge";
import { hrefWith } from "../../components/query-params";
import { Countdown } from "../../components/time";
import type { Key } from "../../data/keys";
import { apiPath } from "../../logic/navigation/routes";
import { type PoolStatus, poolStatus } from "../../logic/keys/pools";

/** The name and provider of an API, and the status of its pool if it has several keys. */
export function PoolHeader({
  apiName,
  provider,
  keys,
}: {
  apiName: string;
  /** The provider's name; undefined for a custom API. */
  provider: string | undefined;
  /** All keys of the API, including those that a filter hides. */
  keys: readonly Key[];
}) {
  const status = poolStatus(keys);
  return (
    <>
      <a class="api-name break" href={apiPath(apiName)}>
        {apiName}
      </a>
      {keys.length > 1 && <Badge tone="info">Pool of {keys.length}</Badge>}
      <span class="muted break">{provider ?? "Custom API"}</span>
      {keys.length > 1 && (
        <>
          <span class="pool-status">
            <PoolStatusText standing={status} />
          </span>
          <a
            class="button small"
            href={addToPoolHref(apiName)}
            aria-label={`Add to pool of ${apiName}`}
          >
            <Plus size={14} aria-hidden="true" /> Add to pool
          </a>
        </>
      )}
    </>
  );
}

/** The status of a pool in words. */
export function PoolStatusText({ standing: status }: { standing: PoolStatus }) {
  switch (status.kind) {
    case "ready":
      return status.skipped === 0 ? (
        <>All keys take turns</>
      ) : (
        <>
          {status.ready} in use, {status.skipped} skipped
        </>
      );
    case "refused":
      return <span class="pool-down">All keys refused; calls still use them</span>;
    case "exhausted":
      return (
        <span class="pool-down">
          {status.refused === 0 ? "All keys exhausted" : "No key is ready"}
          {status.readyAt !== null && (
            <>
              ; the first is ready in <Countdown to={status.readyAt} past="a moment" />
            </>
          )}
        </span>
      );
  }
}

/** The URL of the form that adds a key to a pool. */
export function addToPoolHref(apiName: string): string {
  return hrefWith({ add: "", pool: apiName, key: undefined, do: undefined });
}
