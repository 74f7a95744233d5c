import type { LoggedRequest } from "../../data/requests";
import { exactMoney, money } from "../../logic/format/money";

/** What a call cost, in the log. Estimates are marked; a dash if its API has no price. */
export function RequestCost({ entry: { cost_usd, cost_basis } }: { entry: LoggedRequest }) {
  if (cost_usd === null) {
    return <span class="muted">{cost_basis === null ? "–" : "unknown"}</span>;
  }
  const estimate = cost_basis === "estimate";
  return (
    <span title={`${exactMoney(cost_usd)}${estimate ? ", estimated" : ""}`}>
      {estimate && (
        <>
          <span aria-hidden="true">≈ </span>
          <span class="hidden-visually">estimated </span>
        </>
      )}
      {money(cost_usd)}
    </span>
  );
}
