import { useRef } from "preact/hooks";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { useQueryParams } from "../../components/query-params";
import { Until } from "../../components/time";
import type { Token } from "../../data/tokens";
import type { RateLimitPolicy } from "../../logic/limits/limit-effect";
import { pluralize, number } from "../../logic/format/numbers";
import type { Quota, TokenReservation } from "../../logic/limits/quota";
import {
  isActive,
  MAX_RESERVATIONS,
  tokenLabel,
  type LimitPart,
  splitLimit,
  reservationText,
} from "../../logic/limits/reservations";
import { useReservationRemoval } from "./remove-reservation";

/** The reservations of a policy, and the part that everyone else shares. */
export function Reservations({
  api,
  policy,
  quota,
  tokens,
  now,
}: {
  api: string;
  policy: RateLimitPolicy;
  quota: Quota;
  tokens: readonly Token[] | undefined;
  now: number;
}) {
  const { setQuery } = useQueryParams();
  const root = useRef<HTMLDivElement>(null);
  const { reservations } = quota;
  const parts = splitLimit(policy.limit, quota.unreserved_remaining ?? 0, reservations, now);
  const rest = parts.at(-1);
  const full = parts.length > MAX_RESERVATIONS;
  const remove = useReservationRemoval(api, () => root.current?.querySelector("button")?.focus());
  const named = (held: TokenReservation) => {
    const token = tokens?.find(({ token_id }) => token_id === held.token_id);
    return token === undefined ? held.token_id : tokenLabel(token, tokens ?? []);
  };
  return (
    <div class="reservations" ref={root}>
      <div class="reservations-head">
        <h3>Reserved for tokens</h3>
        <Button
          size="small"
          onClick={() => setQuery({ reserve: api }, true)}
          aria-label={`Reserve requests of ${api}`}
          disabled={full}
        >
          Reserve requests
        </Button>
      </div>
      {reservations.length === 0 ? (
        <p class="hint">{RESERVATION_HINT}</p>
      ) : (
        <>
          <Split parts={parts} />
          <table class="stacked">
            <thead>
              <tr>
                <th scope="col">Token</th>
                <th scope="col">Reserved</th>
                <th scope="col">Remaining</th>
                <th scope="col">
                  <span class="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {reservations.map((held) => (
                <Row
                  key={held.token_id}
                  reservation={held}
                  name={named(held)}
                  tone={parts.findIndex(({ token_id }) => token_id === held.token_id)}
                  tokenMissing={
                    tokens !== undefined && !tokens.some((one) => one.token_id === held.token_id)
                  }
                  now={now}
                  onChange={() => setQuery({ reserve: api, token: held.token_id }, true)}
                  onRemove={() => void remove(held, named(held))}
                />
              ))}
              {rest !== undefined && (
                <tr>
                  <th scope="row">
                    <span class="share-swatch rest" aria-hidden="true" /> Everyone else
                  </th>
                  <td class="numbers" data-label="Shared">
                    {pluralize(rest.amount, "request")}
                  </td>
                  <td class="numbers" data-label="Remaining">
                    {number(rest.left)}
                  </td>
                  <td />
                </tr>
              )}
            </tbody>
          </table>
          {full && (
            <p class="hint">
              An API can have at most {MAX_RESERVATIONS} reservations. Remove one to add another.
            </p>
          )}
        </>
      )}
    </div>
  );
}

/** What reservations are for. */
export const RESERVATION_HINT =
  "A reservation sets aside part of every window for one token, so that a nightly job cannot use up the requests your website needs. Beyond its reservation, a token shares the rest with everyone.";

/** The limit as a bar with a segment for each part, filled with what remains. */
function Split({ parts }: { parts: readonly LimitPart[] }) {
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
  reservation,
  name,
  tone,
  tokenMissing,
  now,
  onChange,
  onRemove,
}: {
  reservation: TokenReservation;
  name: string;
  tone: number;
  /** The token no longer exists. */
  tokenMissing: boolean;
  now: number;
  onChange: () => void;
  onRemove: () => void;
}) {
  const active = isActive(reservation, now);
  return (
    <tr>
      <th scope="row">
        <span class={`share-swatch ${active ? `share-${tone}` : "none"}`} aria-hidden="true" />{" "}
        <span class="break">{name}</span>{" "}
        {!active ? (
          <Badge tone="warn">Token expired</Badge>
        ) : (
          reservation.expires_at !== null && (
            <span class="muted small">
              expires <Until at={reservation.expires_at} />
            </span>
          )
        )}
      </th>
      <td class="numbers" data-label="Reserved">
        {active ? (
          reservationText(reservation)
        ) : (
          <span class="muted">None, previously {reservationText(reservation)}</span>
        )}
      </td>
      <td class="numbers" data-label="Remaining">
        {active ? (
          <>
            {number(reservation.remaining)}{" "}
            <span class="muted">({number(reservation.used)} used)</span>
          </>
        ) : (
          <span class="muted">–</span>
        )}
      </td>
      <td>
        <div class="actions">
          {active && !tokenMissing && (
            <Button size="small" onClick={onChange} aria-label={`Change reservation for ${name}`}>
              Change
            </Button>
          )}
          <Button
            size="small"
            variant="quiet"
            onClick={onRemove}
            aria-label={`Remove reservation for ${name}`}
          >
            Remove
          </Button>
        </div>
      </td>
    </tr>
  );
}
