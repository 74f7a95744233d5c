import { Confirm } from "../../components/confirm";
import { useToast } from "../../components/toasts";
import { useRemovePolicy, useReserve, useSetPolicy } from "../../data/limit-changes";
import { type RateLimitPolicy, policyText } from "../../logic/limits/limit-effect";
import type { TokenReservation } from "../../logic/limits/quota";
import { isActive, reservationSize } from "../../logic/limits/reservations";

/** Asks once, then removes the user's own limit of an API; it can be undone for a moment. */
export default function RemoveLimit({
  api,
  policy,
  reservations,
  onClose,
}: {
  api: string;
  policy: RateLimitPolicy;
  /** What goes with it. */
  reservations: readonly TokenReservation[];
  onClose: () => void;
}) {
  const remove = useRemovePolicy();
  const set = useSetPolicy();
  const reserve = useReserve();
  const active = reservations.filter((one) => isActive(one, Date.now() / 1000));
  const toast = useToast();

  async function restore() {
    try {
      await set.mutateAsync({ api_name: api, ...policy });
      for (const one of active) {
        const { token_id } = one;
        await reserve.mutateAsync({ api_name: api, token_id, wanted: reservationSize(one) });
      }
      toast({ text: `${api}: at most ${policyText(policy)} again, counted anew.` });
    } catch {
      toast({ text: `The limit of ${api} could not be set again as it was.` });
    }
  }

  return (
    <Confirm
      title={`Remove the limit of ${api}?`}
      action="Remove the limit"
      onClose={onClose}
      onConfirm={async () => {
        await remove.mutateAsync(api);
        toast({
          text: `The limit of ${api} is removed.`,
          action: { label: "Undo", run: () => void restore() },
        });
      }}
    >
      <p class="break">
        Calls of {api} will no longer be held to {policyText(policy)}, from the next one on.
      </p>
      {active.length > 0 && (
        <p>
          {active.length === 1
            ? "The reservation of a token ends with it."
            : `The reservations of ${active.length} tokens end with it.`}
        </p>
      )}
      <p class="muted">
        What the API said of its own limits is forgotten too, until its next answer.
      </p>
    </Confirm>
  );
}
