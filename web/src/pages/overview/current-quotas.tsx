import { useMemo } from "preact/hooks";
import { QueryState, Skeleton } from "../../components/query-state";
import { useKeys } from "../../data/keys";
import { useRateLimits } from "../../data/rate-limits";
import { keyNamesByApi } from "../../logic/keys/key-names";
import { QuotaOverview } from "./quota-overview";

// Milliseconds. Windows reset without requests, and other clients may use the same keys.
const REFRESH_INTERVAL = 30_000;

/** The current limits, and the keys that they belong to. */
export function useCurrentQuotas() {
  const limits = useRateLimits(REFRESH_INTERVAL);
  const keys = useKeys();
  return { limits, keys, loading: limits.isPending || keys.isPending };
}

/** The quota overview. */
export function CurrentQuotas({ limits, keys }: ReturnType<typeof useCurrentQuotas>) {
  const pools = useMemo(() => keyNamesByApi(keys.data ?? []), [keys.data]);
  return (
    <QueryState query={limits}>
      {(known) => (keys.isPending ? <Skeleton /> : <QuotaOverview quotas={known} pools={pools} />)}
    </QueryState>
  );
}
