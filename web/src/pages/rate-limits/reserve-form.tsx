import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { SelectField, TextField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useQueryParams } from "../../components/query-params";
import { Segmented } from "../../components/segmented";
import { useToast } from "../../components/toasts";
import { useReserve } from "../../data/limit-changes";
import type { Token } from "../../data/tokens";
import { type RateLimitPolicy, policyText } from "../../logic/limits/limit-effect";
import { pluralize, number } from "../../logic/format/numbers";
import type { TokenReservation } from "../../logic/limits/quota";
import {
  reservationEffect,
  tokenLabel,
  percentText,
  requestCount,
  reservationText,
  parseShare,
  largestShareText,
  type ReservationSize,
  reservationSize,
} from "../../logic/limits/reservations";
import { durationText } from "../../logic/format/time";
import { parseLimit } from "../../logic/limits/window";

type Measure = "amount" | "share";

/** Choose the token and the size of its reservation. */
export function ReserveForm({
  api,
  policy,
  reservations,
  current,
  tokens,
  allTokens,
  initialToken,
  onClose,
}: {
  api: string;
  policy: RateLimitPolicy;
  reservations: readonly TokenReservation[];
  current: TokenReservation | undefined;
  /** The tokens to choose from. */
  tokens: readonly Token[];
  allTokens: readonly Token[];
  initialToken: string | undefined;
  onClose: () => void;
}) {
  const reserve = useReserve();
  const toast = useToast();
  const root = useAutofocus<HTMLFormElement>();
  const { setQuery } = useQueryParams();
  const [chosen, setChosen] = useState(initialToken ?? tokens[0]?.token_id);
  const [measure, setMeasure] = useState<Measure>(current?.share == null ? "amount" : "share");
  const [amount, setAmount] = useState(current?.share === null ? String(current.amount) : "");
  const [share, setShare] = useState(current?.share == null ? "" : percentText(current.share));
  // If the chosen token disappears, choose no other one: never guess for whom to reserve.
  const token = tokens.find(({ token_id }) => token_id === chosen);
  const others = reservations
    .filter(({ token_id }) => token_id !== token?.token_id)
    .reduce((sum, one) => sum + one.amount, 0);
  const available = Math.max(0, policy.limit - others);
  const typed = measure === "amount" ? parseLimit(amount) : parseShare(share);
  const wanted: ReservationSize | undefined =
    typeof typed === "string"
      ? undefined
      : measure === "amount"
        ? { amount: typed }
        : { share: typed };
  const requests = wanted && requestCount(wanted, policy.limit);

  const form = useForm(
    ["token_id", "amount", "share"],
    async () => {
      if (wanted === undefined || token === undefined) {
        return;
      }
      const { token_id } = token;
      const view = await reserve.mutateAsync({ api_name: api, token_id, wanted });
      const made = view.reservations.find((one) => one.token_id === token_id);
      const name = tokenLabel(token, allTokens);
      onClose();
      toast({
        text: `${reservationText(made ?? { amount: requests ?? 0, share: null })} of ${api} reserved for ${name}.`,
        ...(current && { action: { label: "Undo", run: () => void restore(current, name) } }),
      });
    },
    () => ({
      ...(token === undefined && { token_id: "Choose a token." }),
      ...(typeof typed === "string" && { [measure]: typed }),
    }),
  );

  async function restore(before: TokenReservation, name: string) {
    try {
      await reserve.mutateAsync({
        api_name: api,
        token_id: before.token_id,
        wanted: reservationSize(before),
      });
      toast({ text: `${reservationText(before)} of ${api} reserved for ${name} again.` });
    } catch {
      toast({ text: `The reservation for ${name} could not be restored.` });
    }
  }

  const code = form.error?.code;
  return (
    <form class="stack" ref={root} onSubmit={form.submit} noValidate>
      {current === undefined && (
        <SelectField
          label="Token"
          value={token?.token_id ?? ""}
          options={[
            ...(token === undefined ? [["", "Choose a token"] as const] : []),
            ...tokens.map((one) => [one.token_id, tokenLabel(one, allTokens)] as const),
          ]}
          onValue={setChosen}
          error={form.at("token_id") ?? (code === "token_not_found" ? TOKEN_EXPIRED : undefined)}
          autofocus
        />
      )}
      <div class="reserve-how">
        <Segmented
          label="Reserve by"
          value={measure}
          options={[
            ["amount", "Requests"],
            ["share", "Share"],
          ]}
          onValue={setMeasure}
        />
      </div>
      {measure === "amount" ? (
        <TextField
          key="amount"
          label={`Requests per ${durationText(policy.window)}`}
          hint={`Out of ${policyText(policy)}. The amount stays the same when the limit changes.`}
          inputMode="numeric"
          value={amount}
          onValue={setAmount}
          error={form.at("amount")}
          autofocus={current !== undefined}
        />
      ) : (
        <TextField
          key="share"
          label="Share of the limit in %"
          hint={`Out of ${policyText(policy)}. The amount changes with the limit.`}
          inputMode="decimal"
          value={share}
          onValue={setShare}
          error={form.at("share")}
          autofocus={current !== undefined}
        />
      )}
      <p class="actions small">
        {others > 0 && (
          <span class="muted numbers">
            {number(others)} of {number(policy.limit)} are reserved for other tokens.
            {available === 0 && " Nothing is left to reserve."}
          </span>
        )}
        {available > 0 && (
          <Button
            size="small"
            onClick={() =>
              measure === "amount"
                ? setAmount(String(available))
                : setShare(largestShareText(available, policy.limit))
            }
          >
            {measure === "amount"
              ? `Use all ${pluralize(available, "remaining request")}`
              : `Use the remaining ${largestShareText(available, policy.limit)}%`}
          </Button>
        )}
      </p>
      <p class="hint" role="status">
        {requests !== undefined && (
          <>
            {measure === "share" && `That is currently ${pluralize(requests, "request")}. `}
            {reservationEffect(requests, others, policy.limit)}
          </>
        )}
      </p>
      {form.wrong !== undefined && code !== "token_not_found" && (
        <Notice
          kind="danger"
          action={
            code === "policy_required" && (
              <Button
                size="small"
                onClick={() =>
                  setQuery({ reserve: undefined, token: undefined, set: api, for: "reserve" })
                }
              >
                Set limit
              </Button>
            )
          }
        >
          {form.wrong}
        </Notice>
      )}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          {current ? "Change reservation" : "Reserve requests"}
        </Button>
      </footer>
    </form>
  );
}

const TOKEN_EXPIRED = "The token no longer exists. Choose another one.";
