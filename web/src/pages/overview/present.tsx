import { useMemo } from "preact/hooks";
import { Loaded, Skeleton } from "../../components/loaded";
import { useKeys } from "../../data/keys";
import { useRateLimits } from "../../data/rate-limits";
import { namesOf } from "../../logic/key-names";
import { Board } from "./board";

// Milliseconds: windows go on without a request of ours, and other programs may use the same keys.
const AGAIN = 30_000;

/** What is left of every limit now, and the names of the keys whose limits they are. */
export function usePresent() {
  const limits = useRateLimits(AGAIN);
  const keys = useKeys();
  return { limits, keys, loading: limits.isPending || keys.isPending };
}

/** The board of what is left of every limit now. */
export function AtPresent({ limits, keys }: ReturnType<typeof usePresent>) {
  const pools = useMemo(() => namesOf(keys.data ?? []), [keys.data]);
  return (
    <Loaded query={limits}>
      {(known) => (keys.isPending ? <Skeleton /> : <Board quotas={known} pools={pools} />)}
    </Loaded>
  );
}
