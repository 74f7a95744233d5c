import { Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Checkbox, SelectField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { QueryState } from "../../components/query-state";
import { useToast } from "../../components/toasts";
import { type Prices, usePrices, useRemovePrices, useSetPrices } from "../../data/prices";
import { formatDay } from "../../logic/format/time";
import { parseMoney } from "../../logic/format/money";
import {
  modelRule,
  NEW_RULE,
  plainAmount,
  type RuleDraft,
  ruleDraft,
  ruleErrors,
  toRule,
} from "../../logic/spend/price-draft";
import { dateStart } from "../../logic/spend/days";
import { ModelPrices } from "./model-prices";
import { RuleFields } from "./rule-fields";

const UNBOUNDED = [
  ["count", "let it pass and count it afterwards"],
  ["refuse", "reject it"],
] as const;

/** The prices of an API: the built-in ones, the user's own, and the settings that go with them. */
export function PricesDialog({
  api,
  model,
  onClose,
}: {
  api: string;
  /** A model without a price, for which a price is offered. */
  model: string | undefined;
  onClose: () => void;
}) {
  const prices = usePrices(api);
  return (
    <Dialog kind="aside" title={`Prices of ${api}`} onClose={onClose}>
      <QueryState query={prices}>
        {(known) => <PricesForm prices={known} model={model} onClose={onClose} />}
      </QueryState>
    </Dialog>
  );
}

function PricesForm({
  prices,
  model,
  onClose,
}: {
  prices: Prices;
  model: string | undefined;
  onClose: () => void;
}) {
  const { api_name, provider, snapshot_date } = prices;
  const [rules, setRules] = useState<readonly RuleDraft[]>(() => initialRules(prices, model));
  const [unbounded, setUnbounded] = useState(prices.unbounded);
  const [bound, setBound] = useState(plainAmount(prices.default_bound_usd));
  const [includeUsage, setIncludeUsage] = useState(prices.include_usage);
  const set = useSetPrices();
  const remove = useRemovePrices();
  const toast = useToast();
  const [removing, setRemoving] = useState(false);
  const inputs = rules.flatMap((rule, position) =>
    [
      "model",
      "path_prefix",
      "methods",
      "per_call_usd",
      ...rule.lines.map((_, n) => `lines.${n}`),
    ].map((name) => `rules[${position}].${name}`),
  );

  const form = useForm(
    [...inputs, "default_bound_usd"],
    async () => {
      await set.mutateAsync({
        api_name,
        rules: rules.map(toRule),
        unbounded,
        default_bound_usd: bound.trim() === "" ? null : Number(parseMoney(bound, true)),
        include_usage: includeUsage,
      });
      toast({ text: `The prices of ${api_name} were saved. They apply from its next call on.` });
      onClose();
    },
    () => {
      const wrong = rules.flatMap((rule, position) =>
        Object.entries(ruleErrors(rule)).map(
          ([name, text]) => [`rules[${position}].${FIELD_OF[name] ?? name}`, text] as const,
        ),
      );
      const amount = bound.trim() === "" ? 0 : parseMoney(bound, true);
      return {
        ...Object.fromEntries(wrong),
        ...(typeof amount === "string" && { default_bound_usd: amount }),
      };
    },
  );

  function add(rule: RuleDraft) {
    setRules([rule, ...rules]);
  }

  async function removeAll() {
    setRemoving(true);
    try {
      await remove.mutateAsync(api_name);
      toast({ text: `Your own prices and settings of ${api_name} were removed.` });
      onClose();
    } catch {
      toast({ text: `The prices of ${api_name} could not be removed. Try again.` });
      setRemoving(false);
    }
  }

  return (
    <form class="stack" onSubmit={form.submit} noValidate>
      <p class="muted">
        {provider === null
          ? "There are no built-in prices for this API. Set what a call costs."
          : `Built-in prices of ${provider} from ${formatDay(dateStart(snapshot_date))}. Your own prices take precedence.`}
      </p>
      {provider !== null && (
        <ModelPrices
          api={api_name}
          preset={model}
          onOwn={(name, known) => add(modelRule(name, known))}
        />
      )}
      <section class="stack" aria-labelledby="own-prices">
        <div class="compared-head">
          <h3 id="own-prices">Your own prices</h3>
          <Button size="small" onClick={() => add(NEW_RULE)}>
            <Plus size={15} aria-hidden="true" /> Add price
          </Button>
        </div>
        {rules.length === 0 && <p class="muted">None.</p>}
        {rules.length > 1 && <p class="hint">The most specific one that matches a call applies.</p>}
        {rules.map((rule, position) => (
          <RuleFields
            key={position}
            number={position + 1}
            rule={rule}
            at={(name) => form.at(`rules[${position}].${FIELD_OF[name] ?? name}`)}
            onRule={(next) => setRules(rules.map((other, n) => (n === position ? next : other)))}
            onRemove={() => setRules(rules.filter((_, n) => n !== position))}
          />
        ))}
      </section>
      <section class="stack" aria-labelledby="price-settings">
        <h3 id="price-settings">Settings</h3>
        <Checkbox
          label="Request the usage of streams"
          checked={includeUsage}
          onChecked={setIncludeUsage}
        />
        <p class="hint">
          Adds <code>stream_options.include_usage</code> to streamed requests, so that their cost is
          exact instead of estimated. The stream then has one more chunk, without choices: check
          that your program copes with it.
        </p>
        <SelectField
          label="Calls without a known upper bound, where a budget applies"
          value={unbounded}
          options={UNBOUNDED}
          onValue={setUnbounded}
        />
        <TextField
          label="Reserve for such a call, in US dollars"
          inputMode="decimal"
          placeholder="default"
          value={bound}
          onValue={setBound}
          error={form.at("default_bound_usd")}
        />
      </section>
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        {prices.is_own && (
          <Button variant="quiet" busy={removing} onClick={() => void removeAll()}>
            Remove own prices
          </Button>
        )}
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Save prices
        </Button>
      </footer>
    </form>
  );
}

/** The API's names of inputs. */
const FIELD_OF: Readonly<Record<string, string>> = {
  perCall: "per_call_usd",
  pathPrefix: "path_prefix",
};

function initialRules(prices: Prices, model: string | undefined): RuleDraft[] {
  const own = prices.rules.map((rule) => ruleDraft(rule));
  if (model !== undefined && !own.some((rule) => rule.model === model)) {
    return [modelRule(model), ...own];
  }
  return own.length === 0 && !prices.is_priced ? [NEW_RULE] : own;
}
