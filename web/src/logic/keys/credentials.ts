export type Scheme = "bearer" | "header" | "query" | "basic" | "path";

/** Where a request to the upstream carries the credential. */
export interface Credential {
  readonly scheme: Scheme;
  readonly name: string | null;
  readonly prefix: string | null;
  readonly username: string | null;
  /** The fixed password of `basic` if the secret is the username. */
  readonly password?: string;
}

/** The schemes to choose from, the most common first. */
export const SCHEMES: readonly (readonly [scheme: Scheme, text: string])[] = [
  ["bearer", "Bearer token (Authorization header)"],
  ["header", "Custom header"],
  ["query", "Query parameter"],
  ["basic", "Basic (username and password)"],
  ["path", "Part of the path"],
];

/** The help text of each scheme. */
export const SCHEME_HINTS: Readonly<Record<Scheme, string>> = {
  bearer: "The most common method. Choose it if the API's documentation mentions “Bearer”.",
  header: "The secret is sent in a header that the API defines, such as X-Api-Key.",
  query: "The secret is sent in the URL's query, such as ?appid=….",
  basic: "The secret is the password that goes with a username.",
  path: "The secret replaces a placeholder in the base URL, such as /bot{token}.",
};

/** The credential's location in HTTP notation, with dots for the secret: "X-Api-Key: …". */
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
      return credential.password === undefined
        ? `Authorization: Basic ${username ?? "user"}:…`
        : `Authorization: Basic …:${credential.password}`;
    case "path":
      return `{${name ?? "token"}} in the base URL`;
  }
}

/** Keep only what the scheme uses, as it is sent. Empty texts become null. */
export function normalizeCredential(credential: Credential): Credential {
  const { scheme, password } = credential;
  const text = (value: string | null, ...schemes: Scheme[]) =>
    schemes.includes(scheme) && value !== null && value.trim() !== "" ? value : null;
  return {
    scheme,
    name: text(credential.name, "header", "query", "path")?.trim() ?? null,
    prefix: text(credential.prefix, "header"),
    username: text(credential.username, "basic")?.trim() ?? null,
    ...(scheme === "basic" && password !== undefined ? { password } : {}),
  };
}

export function sameCredential(one: Credential, other: Credential): boolean {
  const [a, b] = [normalizeCredential(one), normalizeCredential(other)];
  return (
    a.scheme === b.scheme &&
    a.name === b.name &&
    a.prefix === b.prefix &&
    a.username === b.username &&
    a.password === b.password
  );
}
