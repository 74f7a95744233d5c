import { pathWithQuery } from "../navigation/routes";

/** The kinds of actions to choose from: the beginning of an action's name, or several names. */
export const ACTION_KINDS = [
  ["", "Any action"],
  ["session.", "Sign-ins and sessions"],
  ["account.", "Account"],
  ["passkey.", "Passkeys"],
  ["totp.", "Authenticator app"],
  ["recovery_codes.", "Recovery codes"],
  ["key.", "Keys"],
  ["token.", "Tokens"],
  ["rate_limit.", "Rate limits"],
  ["reservation.", "Reservations"],
  ["budget.", "Budgets"],
  ["prices.", "Prices"],
  ["reconciliation.", "Comparisons with providers"],
  ["notification_target.", "Notification targets"],
  ["env.", ".env files"],
  ["spend.", "Exports of spend"],
  ["audit.", "Exports of this log"],
  ["backup.", "Backups"],
  ["installation.", "Moves of the server"],
  ["second_factor.", "Resets of second factors"],
  ["encryption_keys.", "Encryption keys"],
] as const;

export const OUTCOMES = [
  ["", "Any outcome"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["started", "Started, no outcome"],
] as const;

export const DAYS = [
  ["", "Any time"],
  ["1", "Last 24 hours"],
  ["7", "Last 7 days"],
  ["30", "Last 30 days"],
  ["90", "Last 90 days"],
  ["between", "Custom days"],
] as const;

type AuditOutcome = Exclude<(typeof OUTCOMES)[number][0], "">;

/**
 * A filter of the audit log. `days` counts back from now; `from` and `to` are local days such as
 * "2026-11-30", both included.
 */
export interface AuditFilter {
  /** An action such as `key.update`, or the beginning of several, such as `key.`. */
  readonly action?: string;
  readonly outcome?: AuditOutcome;
  /** An address, or a network as the log shows it. */
  readonly source?: string;
  readonly days?: number;
  readonly from?: string;
  readonly to?: string;
  /** Actions of the server's operator, in place of the account's. */
  readonly scope?: "installation";
}

type Query = Readonly<Record<string, string | undefined>>;

const DAY = 86_400;

/** Parse the filter in a URL's query, without the invalid parts. */
export function parseAuditFilter(query: Query): AuditFilter {
  const { action, outcome, source, days, from, to, scope } = query;
  const preset = days !== undefined && /^\d{1,3}$/.test(days) ? Number(days) : 0;
  return {
    ...(action !== undefined && /^[a-z_]{1,40}\.[a-z_]{0,40}$/.test(action) ? { action } : {}),
    ...(isOutcome(outcome) ? { outcome } : {}),
    ...(source !== undefined && /^[0-9a-fA-F:.]{2,45}(\/\d{1,3})?$/.test(source.trim())
      ? { source: source.trim().toLowerCase() }
      : {}),
    ...(preset > 0
      ? { days: preset }
      : {
          ...(isDay(from) ? { from } : {}),
          ...(isDay(to) ? { to } : {}),
        }),
    ...(scope === "installation" ? { scope } : {}),
  };
}

/** The URL of the audit log with a filter. */
export function auditPath({ days, ...rest }: AuditFilter): string {
  return pathWithQuery("/audit", { ...rest, days: days === undefined ? undefined : String(days) });
}

/** The query parameters of the API for a filter. `now` in epoch seconds. */
export function auditQuery(filter: AuditFilter, now: number) {
  const { action, outcome, source, days, from, to, scope } = filter;
  const since = days === undefined ? localMidnight(from, 0) : Math.floor(now) - days * DAY;
  const until = days === undefined ? localMidnight(to, 1) : undefined;
  return {
    ...(action === undefined ? {} : { action }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(source === undefined ? {} : { source }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** The start of a local day, `later` days after it, in epoch seconds. */
function localMidnight(day: string | undefined, later: number): number | undefined {
  if (day === undefined) {
    return undefined;
  }
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).getTime() / 1000;
}

function isOutcome(value: string | undefined): value is AuditOutcome {
  return value !== "" && OUTCOMES.some(([outcome]) => outcome === value);
}

function isDay(value: string | undefined): value is string {
  return (
    value !== undefined &&
    /^\d{4}-\d\d-\d\d$/.test(value) &&
    !Number.isNaN(new Date(`${value}T00:00:00Z`).getTime())
  );
}
