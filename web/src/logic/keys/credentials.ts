export type Scheme = "bearer" | "header" | "query" | "basic" | "path";

/** Where a credential goes upstream. */
export interface Credential {
  readonly scheme: Scheme;
  readonly name: string | null;
  readonly prefix: string | null;
  readonly username: string | null;
}

/** The schemes for choosing, the usual ones first. */
export const SCHEMES: readonly (readonly [scheme: Scheme, text: string])[] = [
  ["bearer", "Bearer: Authorization header"],
  ["header", "A header of its own"],
  ["query", "A query parameter"],
  ["basic", "Basic: user name and password"],
  ["path", "A part of the path"],
];

/** What a scheme means, for choosing one. */
export const SCHEME_HINTS: Readonly<Record<Scheme, string>> = {
  bearer: "The most usual one. If the API's documentation says “Bearer”, it is this.",
  header: "The secret goes into a header that the API names, such as X-Api-Key.",
  query: "The secret goes into the URL's query, such as ?appid=….",
  basic: "A user name and a password; the secret is the password.",
  path: "The base URL holds a placeholder that the secret replaces, such as /bot{token}.",
};

/** The place in the API's own notation, with dots for the secret: "X-Api-Key: …". */
export function credentialLocation(credential: Credential): string {
  const { scheme, name, prefix, username } = credential;
  switch (scheme) {
    case "bearer":
      return "Authorization: Bearer …";
    case "header":
      return `${name ?? "?"}: ${prefix ?? ""}…`;
    case "query":
      return `?${name ?? "?"}=…`;
    case "basic":
      return `Authorization: Basic ${username ?? "user"}:…`;
    case "path":
      return `{${name ?? "token"}} in the base URL`;
  }
}

/** The credential with only what its scheme uses, as it is sent; empty texts are none. */
export function normalizeCredential(credential: Credential): Credential {
  const { scheme } = credential;
  const text = (value: string | null, ...schemes: Scheme[]) =>
    schemes.includes(scheme) && value !== null && value.trim() !== "" ? value : null;
  return {
    scheme,
    name: text(credential.name, "header", "query", "path")?.trim() ?? null,
    prefix: text(credential.prefix, "header"),
    username: text(credential.username, "basic")?.trim() ?? null,
  };
}

export function sameCredential(one: Credential, other: Credential): boolean {
  const [a, b] = [normalizeCredential(one), normalizeCredential(other)];
  return (
    a.scheme === b.scheme && a.name === b.name && a.prefix === b.prefix && a.username === b.username
  );
}
