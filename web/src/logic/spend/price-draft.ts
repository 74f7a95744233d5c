import { exactMoney, parseMoney } from "../format/money";
import { shortNumber } from "../format/numbers";
import { unitText } from "./units";

type Source = "unit" | "header" | "json";

/** A price rule of the API. Amounts in US dollars. */
export interface PriceRule {
  readonly path_prefix: string;
  readonly methods: readonly string[];
  readonly model: string | null;
  readonly per_call_usd: number | null;
  readonly units: readonly {
    readonly source: Source;
    readonly name: string;
    readonly amount_usd: number;
    readonly per: number;
  }[];
  readonly failures_cost: boolean;
}

/** The price of `per` units, or of a number in a header or JSON field of the response. */
export interface PriceLine {
  readonly source: Source;
  readonly name: string;
  /** As typed. */
  readonly price: string;
  readonly per: number;
}

/** A price rule while it is edited. */
export interface RuleDraft {
  readonly model: string;
  readonly pathPrefix: string;
  readonly methods: string;
  readonly perCall: string;
  readonly lines: readonly PriceLine[];
  readonly failuresCost: boolean;
}

/** A price of a model, as the API lists it. */
export interface ModelPrice {
  readonly model: string;
  readonly is_own: boolean;
  /** The unit; `calls` for a call. */
  readonly unit: string;
  readonly amount_usd: number;
  readonly per: number;
  /** The price applies to calls with more input tokens. */
  readonly above: number;
}

/** The names of usual units. */
export const UNITS = [
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "input_audio_tokens",
  "output_audio_tokens",
  "input_image_tokens",
  "output_image_tokens",
];

const CALLS = "calls";
const MILLION = 1_000_000;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
type Method = (typeof METHODS)[number];

export const NEW_RULE: RuleDraft = {
  model: "",
  pathPrefix: "",
  methods: "",
  perCall: "",
  lines: [],
  failuresCost: false,
};

/** An empty line for a unit, of which a million usually have a price. */
export const NEW_LINE: PriceLine = { source: "unit", name: "", price: "", per: MILLION };

/** A rule for a model with the usual units, or with the prices that it has now. */
export function modelRule(model: string, prices: readonly ModelPrice[] = []): RuleDraft {
  const basic = prices.filter(({ above }) => above === 0);
  const call = basic.find(({ unit }) => unit === CALLS);
  const lines = basic
    .filter(({ unit }) => unit !== CALLS)
    .map(({ unit, amount_usd, per }): PriceLine => ({
      source: "unit",
      name: unit,
      price: plainAmount(amount_usd),
      per,
    }));
  const usual = UNITS.slice(0, 2).map((name) => ({ ...NEW_LINE, name }));
  return {
    ...NEW_RULE,
    model,
    perCall: call === undefined ? "" : plainAmount(call.amount_usd / call.per),
    lines: basic.length === 0 ? usual : lines,
  };
}

/** A stored rule for editing. */
export function ruleDraft(rule: PriceRule): RuleDraft {
  return {
    model: rule.model ?? "",
    pathPrefix: rule.path_prefix,
    methods: rule.methods.join(", "),
    perCall: plainAmount(rule.per_call_usd),
    lines: rule.units.map(({ source, name, amount_usd, per }) => ({
      source,
      name,
      price: plainAmount(amount_usd),
      per,
    })),
    failuresCost: rule.failures_cost,
  };
}

/** Convert an edited rule. Lines without a price are left out. */
export function toRule(draft: RuleDraft) {
  return {
    path_prefix: draft.pathPrefix.trim(),
    methods: methodsOf(draft),
    model: draft.model.trim() === "" ? null : draft.model.trim(),
    per_call_usd: draft.perCall.trim() === "" ? null : amountOf(draft.perCall),
    units: draft.lines
      .filter(({ price }) => price.trim() !== "")
      .map(({ source, name, price, per }) => ({
        source,
        name: name.trim(),
        amount_usd: amountOf(price),
        per,
      })),
    failures_cost: draft.failuresCost,
  };
}

/** Group the prices of models by model, in their order. */
export function pricesByModel<P extends ModelPrice>(prices: readonly P[]): (readonly P[])[] {
  const groups = new Map<string, P[]>();
  for (const price of prices) {
    const name = `${price.model} ${price.is_own}`;
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, [price]);
    } else {
      group.push(price);
    }
  }
  return [...groups.values()];
}

/** What a price is for: "1M input tokens", "call", "1M input tokens above 200K input tokens". */
export function pricedText({ unit, per, above }: ModelPrice): string {
  const one = unitText(unit).replace(/s$/, "");
  const many = per === 1 ? one : `${shortNumber(per)} ${unitText(unit)}`;
  return above === 0 ? many : `${many}, in calls above ${shortNumber(above)} input tokens`;
}

/** What is wrong with an edited rule, by the name of the input: "perCall", "lines.0". */
export function ruleErrors(draft: RuleDraft): Record<string, string> {
  const errors: Record<string, string> = {};
  const perCall = draft.perCall.trim() === "" ? 0 : parseMoney(draft.perCall, true);
  if (typeof perCall === "string") {
    errors["perCall"] = perCall;
  }
  const wrong = methodsOf(draft).find((method) => !METHODS.includes(method));
  if (wrong !== undefined) {
    errors["methods"] = `${wrong} is not a method. Use ${METHODS.join(", ")}.`;
  }
  if (draft.pathPrefix.trim() !== "" && !draft.pathPrefix.trim().startsWith("/")) {
    errors["pathPrefix"] = "A path begins with /.";
  }
  for (const [position, { name, price }] of draft.lines.entries()) {
    const amount = price.trim() === "" ? 0 : parseMoney(price, true);
    if (typeof amount === "string") {
      errors[`lines.${position}`] = amount;
    } else if (price.trim() !== "" && name.trim() === "") {
      errors[`lines.${position}`] = "Enter what has this price.";
    }
  }
  const priced =
    draft.perCall.trim() !== "" || draft.lines.some(({ price }) => price.trim() !== "");
  if (!priced) {
    errors["perCall"] = "Enter a price, or remove this entry.";
  }
  return errors;
}

/** An amount as a user would type it; empty for null. */
export function plainAmount(usd: number | null): string {
  return usd === null ? "" : exactMoney(usd).replace(/[$,]/g, "");
}

function methodsOf({ methods }: RuleDraft): Method[] {
  return methods
    .toUpperCase()
    .split(/[\s,]+/)
    .filter(Boolean) as Method[];
}

function amountOf(text: string): number {
  const amount = parseMoney(text, true);
  return typeof amount === "number" ? amount : 0;
}
