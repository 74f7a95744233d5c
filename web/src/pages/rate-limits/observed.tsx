import { useState } from "preact/hooks";
import { FoldButton } from "../../components/fold";
import { KeyLine } from "../../components/limits";
import { tightest, titleOf } from "../../logic/board";
import { upstreamConsequence } from "../../logic/consequence";
import { allRefused, isPassedOver, keysOf, type Limit, type Quota } from "../../logic/quota";
import { span } from "../../logic/time";
import { Standing } from "./standing";

// Limits of an API that are in sight at once; the rest is a press away.
const IN_SIGHT = 4;

/** What the upstream last said of its limits, key by key. */
export function Observed({
  api,
  keys,
  quota,
  now,
}: {
  api: string;
  keys: ReadonlyMap<string, string>;
  quota: Quota | undefined;
  now: number;
}) {
  const [open, setOpen] = useState(false);
  const observed = quota?.limits.filter(({ source }) => source === "observed") ?? [];
  const groups = quota === undefined ? [] : keysOf(quota, [...keys.keys()]);
  if (groups.length === 0) {
    return <p class="muted">Nothing yet; it appears with its next answer that names a limit.</p>;
  }
  const close = tightest(observed, IN_SIGHT, now);
  const hidden = observed.filter(({ name }) => name !== "retry-after").length - close.size;
  const several = Math.max(keys.size, groups.length) > 1;
  return (
    <>
      {groups.map((key) => {
        const { key_id } = key;
        const shown = key.limits.filter((limit) => open || close.has(limit));
        if (shown.length === 0 && !isPassedOver(key)) {
          return null;
        }
        return (
          <div key={key_id} class="stack tight">
            {(several || isPassedOver(key)) && (
              <KeyLine
                name={keys.get(key_id) ?? key_id}
                of={key}
                alone={quota !== undefined && allRefused(quota, keys.size)}
              />
            )}
            {shown.map((limit) => (
              <Standing
                key={`${limit.name} ${limit.window ?? ""}`}
                title={perWindow(limit)}
                limit={limit}
                now={now}
              />
            ))}
          </div>
        );
      })}
      {hidden > 0 && (
        <div>
          <FoldButton hidden={hidden} open={open} of={api} onToggle={() => setOpen(!open)} />
        </div>
      )}
      {observed.length > 0 && <p class="hint">{upstreamConsequence(keys.size)}</p>}
    </>
  );
}

function perWindow(limit: Limit): string {
  return limit.window === null ? titleOf(limit) : `${titleOf(limit)} per ${span(limit.window)}`;
}
