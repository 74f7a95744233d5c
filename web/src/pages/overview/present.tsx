import { useMemo } from "preact/hooks";
import { Loaded } from "../../components/loaded";
import { useKeys } from "../../data/keys";
import { useRateLimits } from "../../data/rate-limits";
import { useStatistics } from "../../data/statistics";
import { recentPaces } from "../../logic/pace";
import { quotas } from "../../logic/quota";
import { Board } from "./board";

const HOUR = 3_600;
// Milliseconds: windows go on without a request of ours, and other programs may use the same keys.
const AGAIN = 30_000;

/** What is left of every limit now. `hour` is the beginning of the present hour. */
export function AtPresent({ hour }: { hour: number }) {
  const limits = useRateLimits(AGAIN);
  const keys = useKeys();
  const recent = useStatistics({ start: hour - HOUR, end: hour + HOUR, step: HOUR });
  const present = useMemo(() => {
    const now = limits.dataUpdatedAt / 1000;
    return quotas(
      limits.data ?? [],
      keys.data ?? [],
      recentPaces(recent.data?.series ?? [], now),
      now,
    );
  }, [limits.data, limits.dataUpdatedAt, keys.data, recent.data]);
  const names = useMemo(
    () => new Map(keys.data?.map((key) => [key.key_id, `${key.hint} ${key.description}`.trim()])),
    [keys.data],
  );
  const known = new Set(present.map((quota) => quota.api_name));
  const without = [...new Set(keys.data?.map((key) => key.api_name))].filter(
    (name) => !known.has(name),
  );
  return (
    <Loaded query={limits}>
      {() => <Board quotas={present} names={names} without={without} />}
    </Loaded>
  );
}
