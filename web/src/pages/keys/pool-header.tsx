import { Plus } from "lucide-preact";
import { Badge } from "../../components/badge";
import { hrefWith } from "../../components/query-params";
import { Countdown } from "../../components/time";
import type { Key } from "../../data/keys";
import { type PoolStatus, poolStatus } from "../../logic/keys/pools";

/** What an API's keys have in common: its name and provider; of several, how they stand. */
export function PoolHeader({
  apiName,
  provider,
  keys,
}: {
  apiName: string;
  /** What it is called; undefined for an API that no provider is known of. */
  provider: string | undefined;
  /** All keys of the API, those too that a filter hides. */
  keys: readonly Key[];
}) {
  const status = poolStatus(keys);
  return (
    <>
      <span class="api-name break">{apiName}</span>
      {keys.length > 1 && <Badge tone="info">Pool of {keys.length}</Badge>}
      <span class="muted break">{provider ?? "Custom API"}</span>
      {keys.length > 1 && (
        <>
          <span class="pool-standing">
            <PoolStatusText standing={status} />
          </span>
          <a
            class="button small"
            href={addToPoolHref(apiName)}
            aria-label={`Add to the pool of ${apiName}`}
          >
            <Plus size={14} aria-hidden="true" /> Add to the pool
          </a>
        </>
      )}
    </>
  );
}

/** How a pool stands, in words. */
export function PoolStatusText({ standing: status }: { standing: PoolStatus }) {
  switch (status.kind) {
    case "ready":
      return status.skipped === 0 ? (
        <>All used in turn</>
      ) : (
        <>
          {status.ready} in use, {status.skipped} passed over
        </>
      );
    case "refused":
      return <span class="pool-down">All refused; they are still tried</span>;
    case "exhausted":
      return (
        <span class="pool-down">
          {status.refused === 0 ? "All used up" : "None is ready"}
          {status.readyAt !== null && (
            <>
              ; the first is back in <Countdown to={status.readyAt} past="a moment" />
            </>
          )}
        </span>
      );
  }
}

/** Where a key is added to an API's pool. */
export function addToPoolHref(apiName: string): string {
  return hrefWith({ add: "", pool: apiName, key: undefined, do: undefined });
}
