import { pluralize, number } from "../format/numbers";
import type { TokenReservation } from "./quota";

/** The most that the API accepts. */
export const MAX_RESERVATIONS = 5;

/** The size of a reservation: requests, or a share of the limit between 0 and 1. */
export type ReservationSize = { readonly amount: number } | { readonly share: number };

/** A part of a policy: reserved for a token, or shared by everyone else. */
export interface LimitPart {
  /** The token; null for the shared part. */
  readonly token_id: string | null;
  readonly amount: number;
  readonly left: number;
}

/** Whether the reservation's token can still use it. */
export function isActive(
  { expires_at }: Pick<TokenReservation, "expires_at">,
  now: number,
): boolean {
  return expires_at === null || expires_at > now;
}

/** Split a limit into its reservations and the shared part at the end. The parts add up to it. */
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

/** The size that creates the same reservation again. */
export function reservationSize({
  amount,
  share,
}: Pick<TokenReservation, "amount" | "share">): ReservationSize {
  return share === null ? { amount } : { share };
}

/** The number of requests of a reservation, rounded like the API does. */
export function requestCount(wanted: ReservationSize, limit: number): number {
  return "amount" in wanted
    ? wanted.amount
    : Math.floor((limit * Math.round(wanted.share * 1_000_000)) / 1_000_000);
}

/** Parse a share such as "30", "12.5 %" or "33,3", or return an error message. */
export function parseShare(text: string): number | string {
  const digits = text.replaceAll(/[\s%]/g, "").replace(",", ".");
  const percent = /^\d{1,3}(\.\d{1,4})?$/.test(digits) ? Number(digits) : Number.NaN;
  return percent > 0 && percent <= 100
    ? percent / 100
    : "Enter a number greater than 0 and at most 100.";
}

/** A share as a percentage for a text field: 0.125 as "12.5". */
export function percentText(share: number): string {
  return String(Number((share * 100).toFixed(4)));
}

/** The largest percentage of a limit that is at most `available` requests. */
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

/** Describe what a new reservation leaves for others. `others` is reserved already. */
export function reservationEffect(requests: number, others: number, limit: number): string {
  const rest = limit - others - requests;
  if (rest < 0) {
    return `Only ${number(limit - others)} are left to reserve.`;
  }
  return rest === 0
    ? "Tokens without a reservation can no longer make calls."
    : `All other tokens share at most ${pluralize(rest, "request")} of every ${number(limit)}.`;
}

/** The part of a token that a reservation form needs. */
export interface CandidateToken {
  readonly token_id: string;
  readonly name: string;
  readonly hint: string;
  readonly apis: readonly string[];
  readonly expired: boolean;
}

/** The tokens that can call the API and have no reservation yet, by name. */
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

/** The name of a token, with its hint if another token has the same name. */
export function tokenLabel(token: CandidateToken, tokens: readonly CandidateToken[]): string {
  const same = tokens.filter(({ name }) => name === token.name).length > 1;
  return same ? `${token.name} ${token.hint}` : token.name;
}
