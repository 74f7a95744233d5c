import { useMemo } from "preact/hooks";
import { Loaded } from "../../components/loaded";
import { useKeys } from "../../data/keys";
import { useRateLimits } from "../../data/rate-limits";
import { namesOf } from "../../logic/key-names";
import { Board } from "./board";

// Milliseconds: windows go on without a request of ours, and other programs may use the same keys.
const AGAIN = 30_000;

/** What is left of every limit now. */
export function AtPresent() {
  const limits = useRateLimits(AGAIN);
  const keys = useKeys();
  const pools = useMemo(() => namesOf(keys.data ?? []), [keys.data]);
  return <Loaded query={limits}>{(known) => <Board quotas={known} pools={pools} />}</Loaded>;
}
