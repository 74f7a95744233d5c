import type { BudgetPeriod, BudgetState } from "./budgets";

/** The periods that a user can choose. */
export const PERIODS: readonly (readonly [BudgetPeriod, string])[] = [
  ["day", "day"],
  ["week", "week (from Monday)"],
  ["month", "month"],
  ["total", "in all"],
];

/** Parse a scope of a link, such as "api:openai"; the account if it is none. */
export function parseScope(text: string): {
  type: "account" | "api" | "token";
  api_name: string | null;
  token_id: string | null;
} {
  const [type, name = ""] = text.split(/:(.*)/s);
  if (type === "api" && name !== "") {
    return { type, api_name: name, token_id: null };
  }
  return type === "token" && name !== ""
    ? { type, api_name: null, token_id: name }
    : { type: "account", api_name: null, token_id: null };
}

/** The budgets that count the calls to an API or with a token, if either is given. */
export function appliedBudgets<B extends BudgetState>(
  budgets: readonly B[],
  { api, token }: { readonly api?: string | undefined; readonly token?: string | undefined },
): B[] {
  return budgets.filter(
    ({ scope }) =>
      scope.type === "account" ||
      (scope.type === "api" &&
        (api === undefined ? token === undefined : scope.api_name === api)) ||
      (scope.type === "token" &&
        (token === undefined ? api === undefined : scope.token_id === token)),
  );
}
