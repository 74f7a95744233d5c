import {
  expirySeconds,
  type Expiry,
  type Method,
  type MethodChoice,
  TOKEN_METHODS,
  chosenMethods,
  parsePathPrefixes,
  type TokenScope,
  TOKEN_WINDOWS,
} from "./tokens";
import { durationText } from "../format/time";
import { MAX_LIMIT } from "../limits/window";

/** As much of a token as can be changed. */
export interface EditableToken extends TokenScope {
  readonly name: string;
  readonly rehearsal: { readonly share: number } | null;
}

/** A token as it is filled in. */
export interface TokenDraft {
  readonly name: string;
  readonly every: boolean;
  readonly apis: readonly string[];
  readonly methods: MethodChoice;
  readonly some: readonly Method[];
  readonly prefixes: string;
  /** `keep`: the end of a token that there is already. */
  readonly expiry: Expiry | "keep";
  readonly limit: string;
  /** Seconds. */
  readonly window: string;
  /** Per cent of calls that are refused in rehearsal; null for none. */
  readonly simulatedPercent: number | null;
}

const DEFAULT_WINDOW = "86400";

/** A new token's beginnings: nothing is given but what `apis` names. */
export function newDraft(apis: readonly string[]): TokenDraft {
  return {
    name: "",
    every: false,
    apis,
    methods: "all",
    some: ["GET"],
    prefixes: "",
    expiry: "7776000",
    limit: "",
    window: DEFAULT_WINDOW,
    simulatedPercent: null,
  };
}

/** A token as it is. */
export function toDraft(token: EditableToken): TokenDraft {
  const some = TOKEN_METHODS.filter((method) => token.methods.includes(method));
  const read = some.length === 2 && token.methods.includes("GET") && token.methods.includes("HEAD");
  return {
    name: token.name,
    every: token.apis.includes("*"),
    apis: token.apis.filter((name) => name !== "*"),
    methods: some.length === 0 ? "all" : read ? "read" : "some",
    some: some.length === 0 ? ["GET"] : some,
    prefixes: token.path_prefixes.join("\n"),
    expiry: "keep",
    limit: token.limit === null ? "" : String(token.limit),
    window: token.window === null ? DEFAULT_WINDOW : String(token.window),
    simulatedPercent: token.rehearsal === null ? null : wholePercent(token.rehearsal.share),
  };
}

/** A draft in the API's words; `expires_in` is left out where the end stays. */
export function toRequestBody(draft: TokenDraft) {
  const limited = draft.limit.trim() !== "";
  return {
    name: draft.name.trim(),
    apis: draft.every ? ["*"] : [...draft.apis],
    methods: chosenMethods(draft.methods, draft.some),
    path_prefixes: parsePathPrefixes(draft.prefixes),
    ...(draft.expiry === "keep" ? {} : { expires_in: expirySeconds(draft.expiry) }),
    limit: limited ? Number(draft.limit) : null,
    window: limited ? Number(draft.window) : null,
    rehearsal: draft.simulatedPercent === null ? null : { share: draft.simulatedPercent / 100 },
  };
}

/** What a draft changes of the token that it began with: whatever was left alone stays. */
export function changedFields(
  token: EditableToken,
  draft: TokenDraft,
): Partial<ReturnType<typeof toRequestBody>> {
  const [before, after] = [toRequestBody(toDraft(token)), toRequestBody(draft)];
  const differs = (name: keyof typeof after) =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  const names = (Object.keys(after) as (keyof typeof after)[]).filter(differs);
  // These two go together.
  if (names.includes("limit") !== names.includes("window")) {
    names.push(names.includes("limit") ? "window" : "limit");
  }
  return Object.fromEntries(names.map((name) => [name, after[name]]));
}

/** What is missing in a draft, by field. A token that was given nothing may stay so. */
export function draftErrors(
  draft: TokenDraft,
  mayBeEmpty = false,
): { name?: string; apis?: string; methods?: string; limit?: string } {
  const limit = Number(draft.limit);
  return {
    ...(draft.name.trim() === "" ? { name: "Name it after what will hold it." } : {}),
    ...(!draft.every && draft.apis.length === 0 && !mayBeEmpty
      ? { apis: "Choose at least one API; without one the token could do nothing." }
      : {}),
    ...(draft.methods === "some" && draft.some.length === 0
      ? { methods: "Choose at least one method." }
      : {}),
    ...(draft.limit.trim() !== "" && !(Number.isInteger(limit) && limit > 0)
      ? { limit: "Enter a whole number of requests, 1 or more." }
      : limit > MAX_LIMIT
        ? { limit: "At most 1,000,000,000 requests." }
        : {}),
  };
}

/** The windows on offer; one that is none of the usual ones stands among them. Seconds. */
export function windowChoices(window: number | null): (readonly [value: string, text: string])[] {
  return window === null || TOKEN_WINDOWS.some(([value]) => value === String(window))
    ? [...TOKEN_WINDOWS]
    : [...TOKEN_WINDOWS, [String(window), durationText(window)]];
}

/** A share of calls in whole per cent, at least 1. */
export function wholePercent(share: number): number {
  return Math.min(100, Math.max(1, Math.round(share * 100)));
}

/** "20%", "0.5%": the share of a rehearsal as it is. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return percent < 0.1 ? "<0.1%" : `${Number(percent.toFixed(1))}%`;
}

/** The APIs whose reservation a token would lose, for it may not call them any more. */
export function lostReservations(
  reservations: readonly { readonly api_name: string }[],
  draft: Pick<TokenDraft, "every" | "apis">,
): string[] {
  return draft.every
    ? []
    : reservations.map(({ api_name }) => api_name).filter((name) => !draft.apis.includes(name));
}
