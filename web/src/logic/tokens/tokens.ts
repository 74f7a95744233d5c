import { durationText } from "../format/time";

/** The lifetimes of a new token: seconds as a string, or `never`. */
export const EXPIRIES = [
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["2592000", "30 days"],
  ["7776000", "90 days"],
  ["31536000", "1 year"],
  ["never", "Never"],
] as const;

export type Expiry = (typeof EXPIRIES)[number][0];

/** The seconds of an expiry; null for never. */
export function expirySeconds(expiry: Expiry): number | null {
  return expiry === "never" ? null : Number(expiry);
}

/** The windows of a token's limit, in seconds. */
export const TOKEN_WINDOWS = [
  ["60", "minute"],
  ["3600", "hour"],
  ["86400", "day"],
  ["2592000", "30 days"],
] as const;

export const TOKEN_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export type Method = (typeof TOKEN_METHODS)[number];

/** A choice of HTTP methods. */
export type MethodChoice = "all" | "read" | "some";

export function chosenMethods(choice: MethodChoice, some: readonly Method[]): Method[] {
  switch (choice) {
    case "all":
      return [];
    case "read":
      return ["GET", "HEAD"];
    case "some":
      return TOKEN_METHODS.filter((method) => some.includes(method));
  }
}

/** Parse path prefixes, one per line, and add a missing `/` at the start. */
export function parsePathPrefixes(text: string): string[] {
  const lines = text
    .split(/\s*\n\s*/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return [...new Set(lines.map((line) => (line.startsWith("/") ? line : `/${line}`)))];
}

/** What a token may do. */
export interface TokenScope {
  readonly apis: readonly string[];
  readonly methods: readonly string[];
  readonly path_prefixes: readonly string[];
  readonly limit: number | null;
  readonly window: number | null;
}

/** "All methods and paths", "GET, HEAD under /v1". */
export function scopeText({ methods, path_prefixes: prefixes }: TokenScope): string {
  if (methods.length === 0 && prefixes.length === 0) {
    return "All methods and paths";
  }
  const which = methods.length === 0 ? "All methods" : methods.join(", ");
  return prefixes.length === 0 ? `${which}, all paths` : `${which} under ${prefixes.join(", ")}`;
}

/** "1,000 per day"; undefined for a token without its own limit. */
export function limitText({ limit, window }: TokenScope): string | undefined {
  if (limit === null || window === null) {
    return undefined;
  }
  return `${limit.toLocaleString("en")} per ${durationText(window)}`;
}

/** The tokens that contain every word of `text` in name, hint or APIs; expired ones last. */
export function filterTokens<
  T extends TokenScope & {
    readonly name: string;
    readonly hint: string;
    readonly expired: boolean;
    readonly created_at: number;
  },
>(tokens: readonly T[], text: string): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return tokens
    .filter(({ name, hint, apis }) => {
      const whole = [name, hint, ...apis].join("\n").toLowerCase();
      return words.every((word) => whole.includes(word));
    })
    .sort(
      (one, other) =>
        Number(one.expired) - Number(other.expired) || other.created_at - one.created_at,
    );
}

/** Whether a token may call an API. */
export function coversApi(token: TokenScope, apiName: string): boolean {
  return token.apis.includes("*") || token.apis.includes(apiName);
}
