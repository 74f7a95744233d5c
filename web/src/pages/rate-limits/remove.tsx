import { Confirm } from "../../components/confirm";
import { useToast } from "../../components/toasts";
import { useRemovePolicy, useReserve, useSetPolicy } from "../../data/limit-changes";
import { type OwnLimit, policyInWords } from "../../logic/consequence";
import type { Reserved } from "../../logic/quota";
import { holds, wantedOf } from "../../logic/reservations";

/** Asks once, then removes the user's own limit of an API; it can be undone for a moment. */
export default function RemoveLimit({
  api,
  policy,
  reservations,
  onClose,
}: {
  api: string;
  policy: OwnLimit;
  /** What goes with it. */
  reservations: readonly Reserved[];
  onClose: () => void;
}) {
  const remove = useRemovePolicy();
  const set = useSetPolicy();
  const reserve = useReserve();
  const held = reservations.filter((one) => holds(one, Date.now() / 1000));
  const toast = useToast();

  async function restore() {
    try {
      await set.mutateAsync({ api_name: api, ...policy });
      for (const one of held) {
        const { token_id } = one;
        await reserve.mutateAsync({ api_name: api, token_id, wanted: wantedOf(one) });
      }
      toast({ text: `${api}: at most ${policyInWords(policy)} again, counted anew.` });
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
        Calls of {api} will no longer be held to {policyInWords(policy)}, from the next one on.
      </p>
      {held.length > 0 && (
        <p>
          {held.length === 1
            ? "The reservation of a token ends with it."
            : `The reservations of ${held.length} tokens end with it.`}
        </p>
      )}
      <p class="muted">
        What the API said of its own limits is forgotten too, until its next answer.
      </p>
    </Confirm>
  );
}
