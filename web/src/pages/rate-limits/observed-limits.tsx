import { useState } from "preact/hooks";
import { ShowMoreButton } from "../../components/show-more";
import { KeyStatusLine } from "../../components/limits";
import { tightest, limitTitle } from "../../logic/limits/quota-overview";
import { upstreamEffect } from "../../logic/limits/limit-effect";
import {
  allRefused,
  isSkipped,
  limitsByKey,
  type Limit,
  type Quota,
} from "../../logic/limits/quota";
import { durationText } from "../../logic/format/time";
import { LimitStatus } from "./limit-status";

// Limits of an API shown at first.
const LIMITS_SHOWN = 4;

/** The limits that the upstream reported last, by key. */
export function ObservedLimits({
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
  const groups = quota === undefined ? [] : limitsByKey(quota, [...keys.keys()]);
  if (groups.length === 0) {
    return (
      <p class="muted">No limits yet. They appear after the next response that reports one.</p>
    );
  }
  const tight = tightest(observed, LIMITS_SHOWN, now);
  const hidden = observed.filter(({ name }) => name !== "retry-after").length - tight.size;
  const severalKeys = Math.max(keys.size, groups.length) > 1;
  return (
    <>
      {groups.map((key) => {
        const { key_id } = key;
        const shown = key.limits.filter((limit) => open || tight.has(limit));
        if (shown.length === 0 && !isSkipped(key)) {
          return null;
        }
        return (
          <div key={key_id} class="stack tight">
            {(severalKeys || isSkipped(key)) && (
              <KeyStatusLine
                name={keys.get(key_id) ?? key_id}
                limits={key}
                noKeyWorks={quota !== undefined && allRefused(quota, keys.size)}
              />
            )}
            {shown.map((limit) => (
              <LimitStatus
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
          <ShowMoreButton count={hidden} open={open} owner={api} onToggle={() => setOpen(!open)} />
        </div>
      )}
      {observed.length > 0 && <p class="hint">{upstreamEffect(keys.size)}</p>}
    </>
  );
}

function perWindow(limit: Limit): string {
  return limit.window === null
    ? limitTitle(limit)
    : `${limitTitle(limit)} per ${durationText(limit.window)}`;
}
