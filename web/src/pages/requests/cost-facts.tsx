import type { LoggedRequest } from "../../data/requests";
import { exactMoney } from "../../logic/format/money";
import { number } from "../../logic/format/numbers";
import { pricesPath } from "../../logic/navigation/routes";
import { unitText } from "../../logic/spend/units";

const BASIS = {
  reported: "as the provider reported it",
  price: "from what was used and its price",
  estimate: "an estimate: the response does not say what was used",
  unknown: "the response does not say what was used, or there is no price",
} as const;

/** What a call cost and why, in the details of an entry. */
export function CostFacts({ entry }: { entry: LoggedRequest }) {
  const { api_name, model, cost_usd, cost_basis, units, oddities } = entry;
  const counted = Object.entries(units);
  return (
    <>
      <dt>Cost</dt>
      <dd class="numbers">
        {cost_basis === null ? (
          <>
            No price. <a href={pricesPath(api_name)}>Prices of {api_name}</a>
          </>
        ) : (
          <>
            {cost_usd === null ? "Unknown" : exactMoney(cost_usd)}
            <span class="muted">, {BASIS[cost_basis]}</span>
            {cost_basis === "unknown" && (
              <>
                . <a href={pricesPath(api_name, model ?? undefined)}>Prices of {api_name}</a>
              </>
            )}
          </>
        )}
      </dd>
      {model !== null && (
        <>
          <dt>Model</dt>
          <dd class="mono">{model}</dd>
        </>
      )}
      {oddities.length > 0 && (
        <>
          <dt>Odd usage</dt>
          <dd>{oddities.map(unitText).join(", ")}</dd>
        </>
      )}
      {counted.length > 0 && (
        <>
          <dt>Used</dt>
          <dd>
            <ul class="numbers">
              {counted.map(([unit, count]) => (
                <li key={unit}>
                  {number(count)} <span class="muted">{unitText(unit)}</span>
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </>
  );
}
