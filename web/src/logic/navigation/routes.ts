/** Where the dashboard's pages are, with what they open. */

/** A path with query parameters; those without a value are left out. */
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

/** The playground with a request in it: never its query, header fields or body. */
export function playgroundPath(api: string, method?: string, path?: string): string {
  return pathWithQuery("/playground", { api, method: method === "GET" ? undefined : method, path });
}

/** The request log, of a few requests or with one open. */
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

/** The keys' page with one key open, or the form that replaces its secret. */
export function keyPath(key_id: string, replacing = false): string {
  return pathWithQuery("/keys", { key: key_id, do: replacing ? "replace" : undefined });
}

/** The keys of an API. */
export function keysPath(api: string): string {
  return pathWithQuery("/keys", { q: api });
}

/** The form for a new key. */
export const NEW_KEY_PATH = "/keys?add=";

/** The form for a new key of an API, which need not have one yet. */
export function newKeyPath(api: string): string {
  return `${NEW_KEY_PATH}&pool=${encodeURIComponent(api)}`;
}

/** The tokens that a search finds; all without one. */
export function tokensPath(name?: string): string {
  return pathWithQuery("/tokens", { q: name });
}

/** The tokens' page with one token open. */
export function tokenPath(token_id: string): string {
  return pathWithQuery("/tokens", { token: token_id });
}

/** The form for a new token, perhaps for an API. */
export function newTokenPath(api = ""): string {
  return `/tokens?create=${encodeURIComponent(api)}`;
}

/** The rate limits of an API, or the form that sets one. */
export function limitPath(api: string, setting = false): string {
  return pathWithQuery("/rate-limits", setting ? { set: api } : { api });
}

/** The form that sets a limit of one's own like the API's, and leads on to reserving parts of it. */
export function limitToReservePath(api: string): string {
  return pathWithQuery("/rate-limits", { set: api, for: "reserve" });
}

/** The API's own description of a problem; `address` is the API's. */
export function problemDocsUrl(address: string, code: string): string {
  return `${address}/api/docs#${code}`;
}
