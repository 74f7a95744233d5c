import { useMemo } from "preact/hooks";
import { QueryState, Skeleton } from "../../components/query-state";
import { useKeys } from "../../data/keys";
import { useRateLimits } from "../../data/rate-limits";
import { keyNamesByApi } from "../../logic/keys/key-names";
import { QuotaOverview } from "./quota-overview";

// Milliseconds: windows go on without a request of ours, and other programs may use the same keys.
const REFRESH_INTERVAL = 30_000;

/** What is left of every limit now, and the names of the keys whose limits they are. */
export function useCurrentQuotas() {
  const limits = useRateLimits(REFRESH_INTERVAL);
  const keys = useKeys();
  return { limits, keys, loading: limits.isPending || keys.isPending };
}

/** The board of what is left of every limit now. */
export function CurrentQuotas({ limits, keys }: ReturnType<typeof useCurrentQuotas>) {
  const pools = useMemo(() => keyNamesByApi(keys.data ?? []), [keys.data]);
  return (
    <QueryState query={limits}>
      {(known) => (keys.isPending ? <Skeleton /> : <QuotaOverview quotas={known} pools={pools} />)}
    </QueryState>
  );
}
