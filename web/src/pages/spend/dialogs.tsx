import { MissingItem } from "../../components/missing-item";
import { useQueryParams } from "../../components/query-params";
import type { Budget } from "../../data/spend";
import type { Token } from "../../data/tokens";
import { BudgetForm } from "./budget-form";
import { PricesDialog } from "./prices";
import { RemoveBudget } from "./remove-budget";

/** The dialog that the URL opens. */
export default function SpendDialogs({
  budgets,
  tokens,
  onClose,
}: {
  budgets: readonly Budget[] | undefined;
  tokens: readonly Token[] | undefined;
  onClose: () => void;
}) {
  const { query } = useQueryParams();
  const { budget: chosen, remove, scope, prices, model } = query;
  if (prices !== undefined) {
    return <PricesDialog key={prices} api={prices} model={model} onClose={onClose} />;
  }
  if (budgets === undefined) {
    return null;
  }
  if (chosen === "new") {
    return <BudgetForm scope={scope} budgets={budgets} tokens={tokens ?? []} onClose={onClose} />;
  }
  const found = budgets.find(({ budget_id }) => budget_id === (chosen ?? remove));
  if (found === undefined) {
    return (
      <MissingItem title="Budget" onClose={onClose}>
        This budget does not exist. It may have been removed, or the link is wrong.
      </MissingItem>
    );
  }
  return chosen !== undefined ? (
    <BudgetForm
      key={found.budget_id}
      budget={found}
      budgets={budgets}
      tokens={tokens ?? []}
      onClose={onClose}
    />
  ) : (
    <RemoveBudget budget={found} onClose={onClose} />
  );
}
