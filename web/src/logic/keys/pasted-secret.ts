import type { Credential } from "./credentials";

/** What the server removes from a pasted text, or why it refuses it; api/services/keys/pasted_secret.py. */
export interface PastedSecret {
  readonly notices: readonly string[];
  readonly refusal: string | undefined;
}

const INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff";
const EDGES = new RegExp(`^[\\s${INVISIBLE}]+|[\\s${INVISIBLE}]+$`, "gu");
const ANYWHERE = new RegExp(`[${INVISIBLE}]`, "gu");
const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "`": "`",
  "“": "”",
  "‘": "’",
  "„": "“",
  "«": "»",
};
const WORDS =
  "(?:API|APP|ACCESS|AUTH|CLIENT|SECRET|KEY|APIKEY|TOKEN|PAT|PASSWORD|PASSWD|PWD|BEARER|CREDENTIALS?)";
const NAMED = new RegExp(
  "^(?:(?:export|set|setx|env|const|let|var|declare -x|-e|--env)\\s+|\\$env:|\\$|-\\s+)?" +
    `["']?(?:[A-Za-z][A-Za-z0-9]*[_.-])*${WORDS}(?:[_-](?:[0-9]{1,2}|[A-Z]{1,12}))?["']?` +
    "\\s*(?:=(?!=*$)|:(?=\\s)|:=)\\s*(\\S[^]*)$",
  "iu",
);
const VARIABLE = /^(?:export |set |\$env:)?[A-Z][A-Z0-9]*_[A-Z0-9_]+\s*[=:]/u;
const HEADER =
  /^((?:Proxy-)?Authorization|(?:X-)?(?:[A-Za-z]+-)*(?:Api-?Key|Token|Auth|Access-Token|Key)):\s*(\S[^]*)$/iu;
const SCHEME = /^(bearer|token|bot|basic|api-?key|key)[ \t]+(\S+)$/iu;
const REFUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^(?:\$[A-Z][A-Z0-9_]{2,}|\$\{[^{}]*\}|%[A-Z][A-Z0-9_]*%|\$env:\w+)$/u,
    "This is the name of a variable, not its value: paste the value.",
  ],
  [
    /^(?:\{\{.*\}\}|\$\(.*\)|(?:op|vault|doppler|infisical|secretref|awsssm):\/\/\S+)$/u,
    "This refers to a secret that is stored elsewhere: paste the secret itself.",
  ],
  [/^<[^<>]*>$/u, "This is a placeholder: paste your own secret."],
  [
    /^(?:\$ )?(?:curl|wget|http|https|fetch|Invoke-\w+|-H|--header)\s/iu,
    "This is a command, not a secret: paste only the secret in it.",
  ],
  [/^\{\s*["'][^]*["'][^]*\}$/u, "This is JSON, not a secret: paste only the secret in it."],
  [/^https?:\/\/\S*$/iu, "This is a URL, not a secret: paste only the secret in it."],
  [/^-----BEGIN /u, "This is a private key or a certificate, which cannot be sent as an API key."],
];
// `sk-...`, or a secret as pages show it. A password may look so.
const SHORTENED = /^[A-Za-z0-9_-]{0,24}(?:\.{3}|…|\*{3,}|•{3,})\S{0,12}$/u;
const MOST_STEPS = 6;

/** Remove spaces around a pasted text, and invisible characters anywhere in it. */
export function trimSecret(text: string): string {
  return text.replace(ANYWHERE, "").replace(EDGES, "");
}

/** Describe what is pasted along with a secret for a credential. */
export function inspectPastedSecret(text: string, auth: Credential): PastedSecret {
  const notices = new Set<string>();
  const trimmed = trimSecret(text);
  if (trimmed !== text && trimmed !== "") {
    notices.add("Spaces or invisible characters around the secret will be removed.");
  }
  let rest = trimmed;
  for (let step = 0; step < MOST_STEPS && rest !== ""; step += 1) {
    const refusal = REFUSED.find(([pattern]) => pattern.test(rest))?.[1];
    if (refusal !== undefined) {
      return { notices: [], refusal };
    }
    const unwrapped = unwrap(rest, auth);
    if (unwrapped === undefined) {
      break;
    }
    rest = unwrapped[0].trim();
    notices.add(unwrapped[1]);
  }
  if (SHORTENED.test(rest) && auth.scheme !== "basic") {
    return {
      notices: [],
      refusal: "This is a placeholder or a shortened secret: paste the whole secret.",
    };
  }
  return { notices: [...notices], refusal: undefined };
}

function unwrap(
  text: string,
  auth: Credential,
): readonly [rest: string, notice: string] | undefined {
  const first = text.charAt(0);
  const closing = QUOTES[first];
  const inner = text.slice(1, -1);
  if (
    text.length > 2 &&
    closing !== undefined &&
    text.endsWith(closing) &&
    !inner.includes(first)
  ) {
    return [inner, "The quotation marks around the secret will be removed."];
  }
  const isBasic = auth.scheme === "basic";
  const named = NAMED.exec(text)?.[1];
  if (named !== undefined && named.length > 3 && (!isBasic || VARIABLE.test(text))) {
    return [named.replace(/[;,]+$/u, ""), "The variable name before the secret will be removed."];
  }
  const header = HEADER.exec(text);
  if (header?.[2] !== undefined) {
    return [header[2], `The header name ${header[1]} before the secret will be removed.`];
  }
  const prefix = auth.scheme === "header" ? (auth.prefix ?? "") : "";
  if (prefix.trim() !== "" && text.toLowerCase().startsWith(prefix.toLowerCase())) {
    return [text.slice(prefix.length), `“${prefix.trim()}” is sent anyway and will be removed.`];
  }
  const scheme = SCHEME.exec(text);
  const isWholeField =
    auth.scheme === "header" && prefix === "" && auth.name?.toLowerCase() === "authorization";
  if (scheme?.[2] === undefined || isBasic || isWholeField) {
    return undefined;
  }
  return [scheme[2], `“${scheme[1]}” is not part of the secret and will be removed.`];
}
