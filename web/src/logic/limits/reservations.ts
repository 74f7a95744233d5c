import { pluralize, number } from "../format/numbers";
import type { TokenReservation } from "./quota";

/** The most that an API takes. */
export const MAX_RESERVATIONS = 5;

/** What is wanted of a limit: requests, or a part of it between 0 and 1. */
export type ReservationSize = { readonly amount: number } | { readonly share: number };

/** A part of the user's own limit: a token's, or the rest that everybody shares. */
export interface LimitPart {
  /** The token; null for the rest. */
  readonly token_id: string | null;
  readonly amount: number;
  readonly left: number;
}

/** Whether a reservation's token can still use it. */
export function isActive(
  { expires_at }: Pick<TokenReservation, "expires_at">,
  now: number,
): boolean {
  return expires_at === null || expires_at > now;
}

/** The parts of a limit in the order of its reservations, the rest at the end; they add up to it. */
export function splitLimit(
  limit: number,
  unreserved: number,
  reservations: readonly TokenReservation[],
  now: number,
): LimitPart[] {
  const held = reservations.filter((one) => isActive(one, now));
  const reserved = held.reduce((sum, { amount }) => sum + amount, 0);
  const rest = Math.max(0, limit - reserved);
  return [
    ...held.map(({ token_id, amount, remaining }) => ({ token_id, amount, left: remaining })),
    { token_id: null, amount: rest, left: Math.min(unreserved, rest) },
  ];
}

/** What makes the same reservation again. */
export function reservationSize({
  amount,
  share,
}: Pick<TokenReservation, "amount" | "share">): ReservationSize {
  return share === null ? { amount } : { share };
}

/** How many requests of a limit are wanted, as the API counts them. */
export function requestCount(wanted: ReservationSize, limit: number): number {
  return "amount" in wanted
    ? wanted.amount
    : Math.floor((limit * Math.round(wanted.share * 1_000_000)) / 1_000_000);
}

/** A share as it was typed, "30", "12.5 %" or "33,3"; or a sentence that says what is wrong. */
export function parseShare(text: string): number | string {
  const digits = text.replaceAll(/[\s%]/g, "").replace(",", ".");
  const percent = /^\d{1,3}(\.\d{1,4})?$/.test(digits) ? Number(digits) : Number.NaN;
  return percent > 0 && percent <= 100 ? percent / 100 : "Enter more than 0 and at most 100.";
}

/** A share as it is typed: 0.125 as "12.5". */
export function percentText(share: number): string {
  return String(Number((share * 100).toFixed(4)));
}

/** The largest share of a limit that is no more than `available` requests, as it is typed. */
export function largestShareText(available: number, limit: number): string {
  return percentText(Math.floor((available / limit) * 10_000) / 10_000);
}

/** "300 requests", "300 requests (30%)". */
export function reservationText({
  amount,
  share,
}: Pick<TokenReservation, "amount" | "share">): string {
  const requests = pluralize(amount, "request");
  return share === null ? requests : `${requests} (${percentText(share)}%)`;
}

/** What a reservation of so many requests would mean, beside `others` that are reserved already. */
export function reservationEffect(requests: number, others: number, limit: number): string {
  const rest = limit - others - requests;
  if (rest < 0) {
    return `That is more than the ${number(limit - others)} that are left.`;
  }
  return rest === 0
    ? "Tokens without a reservation get nothing any more."
    : `All others together get at most ${pluralize(rest, "request")} of each ${number(limit)}.`;
}

/** As much of a token as is needed to reserve for it. */
export interface CandidateToken {
  readonly token_id: string;
  readonly name: string;
  readonly hint: string;
  readonly apis: readonly string[];
  readonly expired: boolean;
}

/** The tokens that an API's reservation can be for, by name: they can call it and have none yet. */
export function candidateTokens<T extends CandidateToken>(
  tokens: readonly T[],
  api: string,
  reservations: readonly Pick<TokenReservation, "token_id">[],
): T[] {
  const held = new Set(reservations.map(({ token_id }) => token_id));
  return tokens
    .filter(({ apis }) => apis.includes("*") || apis.includes(api))
    .filter(({ token_id, expired }) => !expired && !held.has(token_id))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** What a token is called among others: its name, with its hint where another has the same. */
export function tokenLabel(token: CandidateToken, tokens: readonly CandidateToken[]): string {
  const same = tokens.filter(({ name }) => name === token.name).length > 1;
  return same ? `${token.name} ${token.hint}` : token.name;
}
