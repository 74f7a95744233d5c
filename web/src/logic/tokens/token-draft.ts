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
import { allowedAddressesError, parseAllowedAddresses } from "./allowed-addresses";
import { durationText } from "../format/time";
import { MAX_LIMIT } from "../limits/window";

/** The part of a token that can be edited. */
export interface EditableToken extends TokenScope {
  readonly name: string;
  readonly allowed_ips: readonly string[];
  readonly rehearsal: { readonly share: number } | null;
}

/** The values of the token form. */
export interface TokenDraft {
  readonly name: string;
  readonly every: boolean;
  readonly apis: readonly string[];
  readonly methods: MethodChoice;
  readonly some: readonly Method[];
  readonly prefixes: string;
  /** Addresses and networks, one per line or separated by commas; empty allows all. */
  readonly addresses: string;
  /** `keep`: an existing token keeps its expiry. */
  readonly expiry: Expiry | "keep";
  readonly limit: string;
  /** Seconds. */
  readonly window: string;
  /** Percentage of calls that are rejected for testing; null for none. */
  readonly simulatedPercent: number | null;
}

const DEFAULT_WINDOW = "86400";

/** The draft of a new token, which may call only `apis`. */
export function newDraft(apis: readonly string[]): TokenDraft {
  return {
    name: "",
    every: false,
    apis,
    methods: "all",
    some: ["GET"],
    prefixes: "",
    addresses: "",
    expiry: "7776000",
    limit: "",
    window: DEFAULT_WINDOW,
    simulatedPercent: null,
  };
}

/** The draft of an existing token. */
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
    addresses: token.allowed_ips.join("\n"),
    expiry: "keep",
    limit: token.limit === null ? "" : String(token.limit),
    window: token.window === null ? DEFAULT_WINDOW : String(token.window),
    simulatedPercent: token.rehearsal === null ? null : wholePercent(token.rehearsal.share),
  };
}

/** The request body of a draft, without `expires_in` if the expiry is kept. */
export function toRequestBody(draft: TokenDraft) {
  const limited = draft.limit.trim() !== "";
  return {
    name: draft.name.trim(),
    apis: draft.every ? ["*"] : [...draft.apis],
    methods: chosenMethods(draft.methods, draft.some),
    path_prefixes: parsePathPrefixes(draft.prefixes),
    allowed_ips: parseAllowedAddresses(draft.addresses),
    ...(draft.expiry === "keep" ? {} : { expires_in: expirySeconds(draft.expiry) }),
    limit: limited ? Number(draft.limit) : null,
    window: limited ? Number(draft.window) : null,
    rehearsal: draft.simulatedPercent === null ? null : { share: draft.simulatedPercent / 100 },
  };
}

/** The fields of a token that a draft changes. */
export function changedFields(
  token: EditableToken,
  draft: TokenDraft,
): Partial<ReturnType<typeof toRequestBody>> {
  const [before, after] = [toRequestBody(toDraft(token)), toRequestBody(draft)];
  const differs = (name: keyof typeof after) =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  const names = (Object.keys(after) as (keyof typeof after)[]).filter(differs);
  // The API accepts these two only together.
  if (names.includes("limit") !== names.includes("window")) {
    names.push(names.includes("limit") ? "window" : "limit");
  }
  return Object.fromEntries(names.map((name) => [name, after[name]]));
}

/** Validate a draft by field. A token without APIs may stay so. */
export function draftErrors(
  draft: TokenDraft,
  mayBeEmpty = false,
): { name?: string; apis?: string; methods?: string; limit?: string; allowed_ips?: string } {
  const limit = Number(draft.limit);
  const addresses = allowedAddressesError(draft.addresses);
  return {
    ...(draft.name.trim() === "" ? { name: "Enter a name for the token." } : {}),
    ...(!draft.every && draft.apis.length === 0 && !mayBeEmpty
      ? { apis: "Choose at least one API. A token without APIs cannot make calls." }
      : {}),
    ...(draft.methods === "some" && draft.some.length === 0
      ? { methods: "Choose at least one method." }
      : {}),
    ...(draft.limit.trim() !== "" && !(Number.isInteger(limit) && limit > 0)
      ? { limit: "Enter a whole number of requests, 1 or more." }
      : limit > MAX_LIMIT
        ? { limit: "At most 1,000,000,000 requests." }
        : {}),
    ...(addresses === undefined ? {} : { allowed_ips: addresses }),
  };
}

/** The windows to choose from, including the current one. Seconds. */
export function windowChoices(window: number | null): (readonly [value: string, text: string])[] {
  return window === null || TOKEN_WINDOWS.some(([value]) => value === String(window))
    ? [...TOKEN_WINDOWS]
    : [...TOKEN_WINDOWS, [String(window), durationText(window)]];
}

/** A share as a whole percentage, at least 1. */
export function wholePercent(share: number): number {
  return Math.min(100, Math.max(1, Math.round(share * 100)));
}

/** An exact share: "20%", "0.5%". */
export function formatShare(share: number): string {
  const percent = share * 100;
  return percent < 0.1 ? "<0.1%" : `${Number(percent.toFixed(1))}%`;
}

/** The APIs whose reservation a token loses because it may no longer call them. */
export function lostReservations(
  reservations: readonly { readonly api_name: string }[],
  draft: Pick<TokenDraft, "every" | "apis">,
): string[] {
  return draft.every
    ? []
    : reservations.map(({ api_name }) => api_name).filter((name) => !draft.apis.includes(name));
}
