import { useRef } from "preact/hooks";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { usePlace } from "../../components/place";
import { Until } from "../../components/time";
import type { Token } from "../../data/tokens";
import type { OwnLimit } from "../../logic/consequence";
import { counted, number } from "../../logic/format";
import type { Quota, Reserved } from "../../logic/quota";
import {
  holds,
  MOST_RESERVATIONS,
  nameAmong,
  type Part,
  partsOf,
  reservedInWords,
} from "../../logic/reservations";
import { useRemoval } from "./removal";

/** Who has which part of the user's own limit, and the rest that everybody shares. */
export function Reservations({
  api,
  policy,
  quota,
  tokens,
  now,
}: {
  api: string;
  policy: OwnLimit;
  quota: Quota;
  tokens: readonly Token[] | undefined;
  now: number;
}) {
  const { go } = usePlace();
  const begin = useRef<HTMLDivElement>(null);
  const { reservations } = quota;
  const parts = partsOf(policy.limit, quota.unreserved_remaining ?? 0, reservations, now);
  const rest = parts.at(-1);
  const full = parts.length > MOST_RESERVATIONS;
  const remove = useRemoval(api, () => begin.current?.querySelector("button")?.focus());
  const named = (held: Reserved) => {
    const token = tokens?.find(({ token_id }) => token_id === held.token_id);
    return token === undefined ? held.token_id : nameAmong(token, tokens ?? []);
  };
  return (
    <div class="reservations" ref={begin}>
      <div class="reservations-head">
        <h3>Reserved for tokens</h3>
        <Button
          size="small"
          onClick={() => go({ reserve: api }, true)}
          aria-label={`Reserve a part of ${api}`}
          disabled={full}
        >
          Reserve
        </Button>
      </div>
      {reservations.length === 0 ? (
        <p class="hint">{WHAT_IT_DOES}</p>
      ) : (
        <>
          <Split parts={parts} />
          <table class="stacked">
            <thead>
              <tr>
                <th scope="col">Token</th>
                <th scope="col">Reserved</th>
                <th scope="col">Left</th>
                <th scope="col">
                  <span class="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {reservations.map((held) => (
                <Row
                  key={held.token_id}
                  held={held}
                  name={named(held)}
                  tone={parts.findIndex(({ token_id }) => token_id === held.token_id)}
                  gone={
                    tokens !== undefined && !tokens.some((one) => one.token_id === held.token_id)
                  }
                  now={now}
                  onChange={() => go({ reserve: api, token: held.token_id }, true)}
                  onRemove={() => void remove(held, named(held))}
                />
              ))}
              {rest !== undefined && (
                <tr>
                  <th scope="row">
                    <span class="share-swatch rest" aria-hidden="true" /> Everybody else
                  </th>
                  <td class="numbers" data-label="Shared">
                    {counted(rest.amount, "request")}
                  </td>
                  <td class="numbers" data-label="Left">
                    {number(rest.left)}
                  </td>
                  <td />
                </tr>
              )}
            </tbody>
          </table>
          {full && (
            <p class="hint">
              An API has at most {MOST_RESERVATIONS} reservations: remove one to make another.
            </p>
          )}
        </>
      )}
    </div>
  );
}

/** What reserving is good for, in a sentence. */
export const WHAT_IT_DOES =
  "A reservation keeps a part of every window for one token, so that a night job cannot starve your pages; beyond it the token shares the rest with everybody.";

/** The limit as a line: a stretch for each part, filled with what is left of it. */
function Split({ parts }: { parts: readonly Part[] }) {
  return (
    <div class="split" aria-hidden="true">
      {parts
        .filter(({ amount }) => amount > 0)
        .map(({ token_id, amount, left }, position) => (
          <div
            key={token_id}
            class={token_id === null ? "rest" : `share-${position}`}
            style={{ flexGrow: amount }}
          >
            <span style={{ width: `${(left / amount) * 100}%` }} />
          </div>
        ))}
    </div>
  );
}

function Row({
  held,
  name,
  tone,
  gone,
  now,
  onChange,
  onRemove,
}: {
  held: Reserved;
  name: string;
  tone: number;
  /** The token is not among the user's any more. */
  gone: boolean;
  now: number;
  onChange: () => void;
  onRemove: () => void;
}) {
  const present = holds(held, now);
  return (
    <tr>
      <th scope="row">
        <span class={`share-swatch ${present ? `share-${tone}` : "none"}`} aria-hidden="true" />{" "}
        <span class="break">{name}</span>{" "}
        {!present ? (
          <Badge tone="warn">Token expired</Badge>
        ) : (
          held.expires_at !== null && (
            <span class="muted small">
              ends <Until at={held.expires_at} />
            </span>
          )
        )}
      </th>
      <td class="numbers" data-label="Reserved">
        {present ? (
          reservedInWords(held)
        ) : (
          <span class="muted">Nothing any more, was {reservedInWords(held)}</span>
        )}
      </td>
      <td class="numbers" data-label="Left">
        {present ? (
          <>
            {number(held.remaining)} <span class="muted">({number(held.used)} used)</span>
          </>
        ) : (
          <span class="muted">–</span>
        )}
      </td>
      <td>
        <div class="actions">
          {present && !gone && (
            <Button size="small" onClick={onChange} aria-label={`Change what ${name} has`}>
              Change
            </Button>
          )}
          <Button
            size="small"
            variant="quiet"
            onClick={onRemove}
            aria-label={`Remove the reservation of ${name}`}
          >
            Remove
          </Button>
        </div>
      </td>
    </tr>
  );
}
