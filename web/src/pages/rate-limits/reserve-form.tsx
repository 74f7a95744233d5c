import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { SelectField, TextField } from "../../components/fields";
import { useFirstFocus } from "../../components/first-focus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { usePlace } from "../../components/place";
import { Segmented } from "../../components/segmented";
import { useToast } from "../../components/toasts";
import { useReserve } from "../../data/limit-changes";
import type { Token } from "../../data/tokens";
import { type OwnLimit, policyInWords } from "../../logic/consequence";
import { counted, number } from "../../logic/format";
import type { Reserved } from "../../logic/quota";
import {
  consequence,
  nameAmong,
  percentText,
  requestsOf,
  reservedInWords,
  shareOf,
  shareText,
  type Wanted,
  wantedOf,
} from "../../logic/reservations";
import { span } from "../../logic/time";
import { limitOf } from "../../logic/window";

type Measure = "amount" | "share";

/** How much of the limit, and for which token. */
export function ReserveForm({
  api,
  policy,
  held,
  present,
  tokens,
  all,
  first,
  onClose,
}: {
  api: string;
  policy: OwnLimit;
  held: readonly Reserved[];
  present: Reserved | undefined;
  /** Those that can be chosen. */
  tokens: readonly Token[];
  all: readonly Token[];
  first: string | undefined;
  onClose: () => void;
}) {
  const reserve = useReserve();
  const toast = useToast();
  const root = useFirstFocus<HTMLFormElement>();
  const { go } = usePlace();
  const [chosen, setChosen] = useState(first ?? tokens[0]?.token_id);
  const [measure, setMeasure] = useState<Measure>(present?.share == null ? "amount" : "share");
  const [amount, setAmount] = useState(present?.share === null ? String(present.amount) : "");
  const [share, setShare] = useState(present?.share == null ? "" : percentText(present.share));
  // None is taken for one that ends meanwhile: for whom something is reserved is never a guess.
  const token = tokens.find(({ token_id }) => token_id === chosen);
  const others = held
    .filter(({ token_id }) => token_id !== token?.token_id)
    .reduce((sum, one) => sum + one.amount, 0);
  const available = Math.max(0, policy.limit - others);
  const typed = measure === "amount" ? limitOf(amount) : shareOf(share);
  const wanted: Wanted | undefined =
    typeof typed === "string"
      ? undefined
      : measure === "amount"
        ? { amount: typed }
        : { share: typed };
  const requests = wanted && requestsOf(wanted, policy.limit);

  const form = useForm(
    ["token_id", "amount", "share"],
    async () => {
      if (wanted === undefined || token === undefined) {
        return;
      }
      const { token_id } = token;
      const view = await reserve.mutateAsync({ api_name: api, token_id, wanted });
      const made = view.reservations.find((one) => one.token_id === token_id);
      const name = nameAmong(token, all);
      onClose();
      toast({
        text: `${reservedInWords(made ?? { amount: requests ?? 0, share: null })} of ${api} reserved for ${name}.`,
        ...(present && { action: { label: "Undo", run: () => void restore(present, name) } }),
      });
    },
    () => ({
      ...(token === undefined && { token_id: "Choose a token." }),
      ...(typeof typed === "string" && { [measure]: typed }),
    }),
  );

  async function restore(before: Reserved, name: string) {
    try {
      await reserve.mutateAsync({
        api_name: api,
        token_id: before.token_id,
        wanted: wantedOf(before),
      });
      toast({ text: `${name} has ${reservedInWords(before)} of ${api}, as before.` });
    } catch {
      toast({ text: `What ${name} has of ${api} could not be changed back.` });
    }
  }

  const code = form.error?.code;
  return (
    <form class="stack" ref={root} onSubmit={form.submit} noValidate>
      {present === undefined && (
        <SelectField
          label="Token"
          value={token?.token_id ?? ""}
          options={[
            ...(token === undefined ? [["", "Choose a token"] as const] : []),
            ...tokens.map((one) => [one.token_id, nameAmong(one, all)] as const),
          ]}
          onValue={setChosen}
          error={form.at("token_id") ?? (code === "token_not_found" ? GONE : undefined)}
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
          label={`Requests per ${span(policy.window)}`}
          hint={`Of ${policyInWords(policy)}. It stays the same when that limit changes.`}
          inputMode="numeric"
          value={amount}
          onValue={setAmount}
          error={form.at("amount")}
          autofocus={present !== undefined}
        />
      ) : (
        <TextField
          key="share"
          label="Share of the limit in %"
          hint={`Of ${policyInWords(policy)}. It follows that limit when it changes.`}
          inputMode="decimal"
          value={share}
          onValue={setShare}
          error={form.at("share")}
          autofocus={present !== undefined}
        />
      )}
      <p class="actions small">
        {others > 0 && (
          <span class="muted numbers">
            {number(others)} of {number(policy.limit)} are reserved for others.
            {available === 0 && " Nothing is left to reserve."}
          </span>
        )}
        {available > 0 && (
          <Button
            size="small"
            onClick={() =>
              measure === "amount"
                ? setAmount(String(available))
                : setShare(shareText(available, policy.limit))
            }
          >
            {measure === "amount"
              ? `All ${counted(available, "request")} that are left`
              : `All ${shareText(available, policy.limit)}% that are left`}
          </Button>
        )}
      </p>
      <p class="hint" role="status">
        {requests !== undefined && (
          <>
            {measure === "share" && `That is ${counted(requests, "request")} at present. `}
            {consequence(requests, others, policy.limit)}
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
                  go({ reserve: undefined, token: undefined, set: api, for: "reserve" })
                }
              >
                Set a limit
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
          {present ? "Change the reservation" : "Reserve"}
        </Button>
      </footer>
    </form>
  );
}

const GONE = "The token has ended meanwhile. Choose another one.";
