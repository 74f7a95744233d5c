import { Confirm } from "../../components/confirm";
import { useToast } from "../../components/toasts";
import { useCreateBudget, useRemoveBudget } from "../../data/budget-changes";
import type { Budget } from "../../data/spend";
import { amountText, scopeText } from "../../logic/spend/budgets";

/** Ask for confirmation and remove a budget, with an option to undo it. */
export function RemoveBudget({ budget, onClose }: { budget: Budget; onClose: () => void }) {
  const remove = useRemoveBudget();
  const create = useCreateBudget();
  const toast = useToast();
  const { scope, period, amount_usd, time_zone } = budget;
  const text = amountText(budget);

  async function restore() {
    const { type, api_name, token_id } = scope;
    try {
      await create.mutateAsync({
        scope: { type, api_name, token_id },
        period,
        amount_usd,
        time_zone,
      });
      toast({ text: `The budget of ${text} was restored.` });
    } catch {
      toast({ text: `The budget of ${text} could not be restored.` });
    }
  }

  return (
    <Confirm
      title={`Remove the budget of ${text}?`}
      action="Remove budget"
      onClose={onClose}
      onConfirm={async () => {
        await remove.mutateAsync(budget.budget_id);
        toast({
          text: `The budget of ${text} was removed.`,
          action: { label: "Undo", run: () => void restore() },
        });
      }}
    >
      <p class="break">
        {scopeText(budget)}: calls are no longer limited to {text}. Their cost is still counted.
      </p>
    </Confirm>
  );
}
