/** The URLs of the dashboard's pages and dialogs. */

/** A path with query parameters, without the empty ones. */
export function pathWithQuery(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") {
      parameters.set(name, value);
    }
  }
  const text = parameters.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The playground with a request, but never its query, headers or body. */
export function playgroundPath(api: string, method?: string, path?: string): string {
  return pathWithQuery("/playground", { api, method: method === "GET" ? undefined : method, path });
}

/** The request log, filtered or with one entry open. */
export function requestsPath(query: {
  api?: string;
  status?: string;
  token?: string;
  range?: string;
  from?: string;
  to?: string;
  id?: string;
  at?: string;
}): string {
  return pathWithQuery("/requests", query);
}

/** The keys page with one key open, or with the form that replaces its secret. */
export function keyPath(key_id: string, replacing = false): string {
  return pathWithQuery("/keys", { key: key_id, do: replacing ? "replace" : undefined });
}

/** The keys of an API. */
export function keysPath(api: string): string {
  return pathWithQuery("/keys", { q: api });
}

/** The page of an API: the code that calls it, and its limits. */
export function apiPath(api: string): string {
  return `/apis/${encodeURIComponent(api)}`;
}

/** The form for a new key. */
export const NEW_KEY_PATH = "/keys?add=";

/** The form for a new key of an API, which may have none yet. */
export function newKeyPath(api: string): string {
  return `${NEW_KEY_PATH}&pool=${encodeURIComponent(api)}`;
}

/** The tokens that match a search, or all tokens. */
export function tokensPath(name?: string): string {
  return pathWithQuery("/tokens", { q: name });
}

/** The tokens page with one token open. */
export function tokenPath(token_id: string): string {
  return pathWithQuery("/tokens", { token: token_id });
}

/** The form for a new token, optionally for an API. */
export function newTokenPath(api = ""): string {
  return `/tokens?create=${encodeURIComponent(api)}`;
}

/** The rate limits of an API, or the form that sets its policy. */
export function limitPath(api: string, setting = false): string {
  return pathWithQuery("/rate-limits", setting ? { set: api } : { api });
}

/**
 * The form that sets a policy like the API's own limit, followed by the form to reserve from it.
 */
export function limitToReservePath(api: string): string {
  return pathWithQuery("/rate-limits", { set: api, for: "reserve" });
}

/** Spend, of all APIs and tokens or of one, optionally at its budgets. */
export function spendPath(query: { api?: string; token?: string; at?: "budgets" } = {}): string {
  return pathWithQuery("/spend", query);
}

/** The form for a new budget of the account ("account"), an API ("api:…") or a token ("token:…"). */
export function newBudgetPath(scope = "account"): string {
  return pathWithQuery("/spend", { budget: "new", scope });
}

/** The prices and settings of an API; `model` is the one that has no price. */
export function pricesPath(api: string, model?: string): string {
  return pathWithQuery("/spend", { prices: api, model });
}

/** The documentation of a problem code; `address` is the API's URL. */
export function problemDocsUrl(address: string, code: string): string {
  return `${address}/api/docs#${code}`;
}
