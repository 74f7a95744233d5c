interface KnownSpend {
  readonly apis: readonly {
    readonly api_name: string;
    readonly cost_usd: number | null;
    readonly unknown_calls: number;
    readonly is_priced: boolean;
  }[];
  readonly models: readonly {
    readonly api_name: string;
    readonly model: string | null;
    readonly cost_usd: number | null;
    readonly unknown_calls: number;
  }[];
}

/** Calls whose cost is unknown. Without a model, those of the API that name none. */
export interface UnknownCost {
  readonly api: string;
  readonly model: string | null;
  readonly calls: number;
  /** Whether other calls have a known cost, so that it is not the price that is missing. */
  readonly hasPrice: boolean;
}

/** The calls with an unknown cost by model, or by API where models do not say it; most first. */
export function unknownCosts({ apis, models }: KnownSpend): UnknownCost[] {
  const found = apis.flatMap((api): UnknownCost[] => {
    const own = models.filter((model) => model.api_name === api.api_name && model.model !== null);
    const named = own
      .filter(({ unknown_calls }) => unknown_calls > 0)
      .map(({ model, unknown_calls, cost_usd }) => ({
        api: api.api_name,
        model,
        calls: unknown_calls,
        hasPrice: cost_usd !== null,
      }));
    const rest = api.unknown_calls - named.reduce((sum, { calls }) => sum + calls, 0);
    const unnamed = {
      api: api.api_name,
      model: null,
      calls: rest,
      hasPrice: api.is_priced && api.cost_usd !== null,
    };
    return rest > 0 ? [...named, unnamed] : named;
  });
  return found.sort((a, b) => b.calls - a.calls);
}

/** The APIs with the highest cost first, those without one last. */
export function byCost<A extends { readonly cost_usd: number | null; readonly is_priced: boolean }>(
  apis: readonly A[],
): A[] {
  const order = ({ cost_usd, is_priced }: A) => (is_priced ? (cost_usd ?? 0) : (cost_usd ?? 0) - 1);
  return [...apis].sort((a, b) => order(b) - order(a));
}
