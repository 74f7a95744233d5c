import type { Budget } from "../data/spend";
import { type BudgetLevel, budgetLevel } from "../logic/spend/budgets";
import { Badge, type Tone } from "./badge";

const TONES: Readonly<Record<BudgetLevel, Tone | undefined>> = {
  "used-up": "danger",
  high: "warn",
  half: "info",
  fine: undefined,
};

/** A warning about a budget in one or two words; nothing if less than half of it is spent. */
export function BudgetBadge({ budget }: { budget: Budget }) {
  const level = budgetLevel(budget);
  const tone = TONES[level];
  return tone === undefined ? null : (
    <Badge tone={tone}>{level === "used-up" ? "Used up" : `${budget.percent}% spent`}</Badge>
  );
}
