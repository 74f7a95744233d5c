import { exactMoney, money } from "../logic/format/money";

/** An amount in US dollars. If its digits are rounded, all of them are a tooltip. */
export function Money({ usd }: { usd: number }) {
  const [shown, exact] = [money(usd), exactMoney(usd)];
  return (
    <span class="numbers" title={shown === exact ? undefined : exact}>
      {shown}
    </span>
  );
}

/**
 * What an API or a model cost. `usd` is null if no cost of its calls is known. Without a price,
 * nothing is not the cost.
 */
export function Cost({ usd, isPriced = true }: { usd: number | null; isPriced?: boolean }) {
  return usd === null || (usd === 0 && !isPriced) ? (
    <span class="muted">{isPriced ? "unknown" : "no price"}</span>
  ) : (
    <Money usd={usd} />
  );
}
