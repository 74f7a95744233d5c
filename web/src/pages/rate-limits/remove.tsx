import { Confirm } from "../../components/confirm";
import { useToast } from "../../components/toasts";
import { useRemovePolicy, useSetPolicy } from "../../data/rate-limits";
import { type OwnLimit, policyInWords } from "../../logic/consequence";

/** Asks once, then removes the user's own limit of an API; it can be undone for a moment. */
export function RemoveLimit({
  api,
  policy,
  onClose,
}: {
  api: string;
  policy: OwnLimit;
  onClose: () => void;
}) {
  const remove = useRemovePolicy();
  const set = useSetPolicy();
  const toast = useToast();

  async function restore() {
    try {
      await set.mutateAsync({ api_name: api, ...policy });
      toast({ text: `${api}: at most ${policyInWords(policy)} again, counted anew.` });
    } catch {
      toast({ text: `The limit of ${api} could not be set again.` });
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
      <p class="muted">
        What the API said of its own limits is forgotten too, until its next answer.
      </p>
    </Confirm>
  );
}
