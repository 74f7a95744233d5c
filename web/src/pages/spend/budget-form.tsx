import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { SelectField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Money } from "../../components/money";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useChangeBudget, useCreateBudget } from "../../data/budget-changes";
import { usePricedApis } from "../../data/prices";
import type { Budget } from "../../data/spend";
import type { Token } from "../../data/tokens";
import { money, parseMoney } from "../../logic/format/money";
import { pricesPath } from "../../logic/navigation/routes";
import { parseScope, PERIODS } from "../../logic/spend/budget-scopes";
import { type BudgetPeriod, periodText, scopeText } from "../../logic/spend/budgets";
import { plainAmount } from "../../logic/spend/price-draft";
import { localTimeZone } from "../../logic/spend/days";
import { isTimeZone, timeZones } from "../../logic/spend/range";
import { PastCost } from "./past-cost";

/** Create a budget, or change one. */
export function BudgetForm({
  budget,
  scope: preset = "account",
  budgets,
  tokens,
  onClose,
}: {
  budget?: Budget;
  /** The scope to start with. */
  scope?: string | undefined;
  budgets: readonly Budget[];
  tokens: readonly Token[];
  onClose: () => void;
}) {
  const [scope, setScope] = useState(preset);
  const [period, setPeriod] = useState<BudgetPeriod>(budget?.period ?? "month");
  const [text, setText] = useState(budget === undefined ? "" : plainAmount(budget.amount_usd));
  const [zone, setZone] = useState(budget?.time_zone ?? localTimeZone());
  const apis = usePricedApis().data?.apis ?? [];
  const create = useCreateBudget();
  const change = useChangeBudget();
  const toast = useToast();
  const amount = parseMoney(text);
  const target = budget?.scope ?? parseScope(scope);
  const taken =
    budget === undefined &&
    budgets.some((other) => other.period === period && scopeId(other) === scope);

  const form = useForm(
    ["scope", "amount_usd", "time_zone", "period"],
    async () => {
      if (typeof amount === "string") {
        return;
      }
      const values = { amount_usd: amount, time_zone: zone };
      const saved =
        budget === undefined
          ? await create.mutateAsync({ ...values, period, scope: target })
          : await change.mutateAsync({ ...values, budget_id: budget.budget_id });
      toast({
        text: `${scopeText(saved)}: calls may cost ${money(saved.amount_usd)} ${periodText(saved.period)}.`,
      });
      onClose();
    },
    () => ({
      ...(typeof amount === "string" && { amount_usd: amount }),
      ...(taken && {
        period: "A budget for these calls and this period exists. Change that budget.",
      }),
      ...(!isTimeZone(zone) && { time_zone: "Enter a time zone such as Europe/Berlin." }),
    }),
  );

  const unpriced = apis.find(
    ({ api_name, is_priced }) => !is_priced && api_name === target.api_name,
  );
  const spent = budget?.spent_usd ?? 0;
  return (
    <Dialog
      title={
        budget === undefined
          ? "Create budget"
          : `Change the budget of ${scopeText(budget)} ${periodText(budget.period)}`
      }
      onClose={onClose}
      busy={form.busy}
    >
      <form class="stack" onSubmit={form.submit} noValidate>
        {budget === undefined && (
          <SelectField
            label="Counts"
            value={scope}
            options={[
              ["account", "All calls of the account"],
              ...apis.map(({ api_name }) => [`api:${api_name}`, `Calls to ${api_name}`] as const),
              ...tokens.map(
                ({ token_id, name }) => [`token:${token_id}`, `Calls with token ${name}`] as const,
              ),
            ]}
            onValue={setScope}
            error={form.at("scope")}
            autofocus
          />
        )}
        <div class="field-grid">
          <TextField
            label="Amount in US dollars"
            inputMode="decimal"
            value={text}
            onValue={setText}
            error={form.at("amount_usd")}
            autofocus={budget !== undefined}
          />
          {budget === undefined && (
            <SelectField
              label="per"
              value={period}
              options={PERIODS}
              onValue={setPeriod}
              error={form.at("period")}
            />
          )}
        </div>
        {period !== "total" && (
          <TextField
            label="Time zone"
            hint={`A ${period} begins at midnight in this time zone.`}
            value={zone}
            onValue={setZone}
            error={form.at("time_zone")}
            list="time-zones"
          />
        )}
        <datalist id="time-zones">
          {timeZones().map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        {unpriced !== undefined && (
          <Notice kind="warn">
            Calls to {unpriced.api_name} have no price, so this budget does not limit them.{" "}
            <a href={pricesPath(unpriced.api_name)}>Set a price</a>
          </Notice>
        )}
        {typeof amount === "number" && (
          <>
            {amount <= spent && (
              <Notice kind="warn">
                <Money usd={spent} /> is already spent. Calls are rejected until the budget resets.
              </Notice>
            )}
            <PastCost scope={target} period={period} amount={amount} />
          </>
        )}
        <p class="hint">
          Before a call is sent, the most that it can cost is reserved. A call that the budget does
          not cover is rejected. Changes apply from the next call on.
        </p>
        {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            {budget === undefined ? "Create budget" : "Change budget"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function scopeId({ scope }: Budget): string {
  return scope.type === "account" ? "account" : `${scope.type}:${scope.api_name ?? scope.token_id}`;
}
