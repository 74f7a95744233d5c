import { Confirm } from "../../components/confirm";
import { useToast } from "../../components/toasts";
import { useRemovePolicy, useReserve, useSetPolicy } from "../../data/limit-changes";
import { type RateLimitPolicy, policyText } from "../../logic/limits/limit-effect";
import type { TokenReservation } from "../../logic/limits/quota";
import { isActive, reservationSize } from "../../logic/limits/reservations";

/** Ask for confirmation and remove the policy of an API, with an option to undo it. */
export function RemoveLimit({
  api,
  policy,
  reservations,
  onClose,
}: {
  api: string;
  policy: RateLimitPolicy;
  /** Removed with the policy. */
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
      toast({ text: `${api} is limited to ${policyText(policy)} again. The count restarts.` });
    } catch {
      toast({ text: `The limit for ${api} could not be restored.` });
    }
  }

  return (
    <Confirm
      title={`Remove the limit for ${api}?`}
      action="Remove limit"
      onClose={onClose}
      onConfirm={async () => {
        await remove.mutateAsync(api);
        toast({
          text: `The limit for ${api} was removed.`,
          action: { label: "Undo", run: () => void restore() },
        });
      }}
    >
      <p class="break">
        Calls to {api} are no longer limited to {policyText(policy)}, starting with the next call.
      </p>
      {active.length > 0 && (
        <p>
          {active.length === 1
            ? "This also removes the reservation of one token."
            : `This also removes the reservations of ${active.length} tokens.`}
        </p>
      )}
      <p class="muted">The limits reported by the API are also cleared until its next response.</p>
    </Confirm>
  );
}
