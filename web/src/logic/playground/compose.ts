/** A request as it is composed in the playground. */
export interface RequestDraft {
  readonly api: string;
  readonly method: string;
  /** Behind the API's name; begins with `/`. */
  readonly path: string;
  /** Without `?`, as it is typed. */
  readonly query: string;
  /** A header field a line, `Name: value`. */
  readonly headers: string;
  readonly body: string;
  /** What the body is, where the header fields do not say it. */
  readonly kind: BodyKind;
}

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

export const BODY_KINDS = {
  json: "application/json",
  form: "application/x-www-form-urlencoded",
  text: "text/plain; charset=utf-8",
} as const;

export type BodyKind = keyof typeof BODY_KINDS;

/** A request ready to be sent: `target` is below the API's address. */
export interface ComposedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

export type DraftErrors = { [part in "api" | "path" | "query" | "headers"]?: string };

/** A draft with nothing in it. */
export const EMPTY_DRAFT: RequestDraft = {
  api: "",
  method: "GET",
  path: "/",
  query: "",
  headers: "",
  body: "",
  kind: "json",
};

// Fetch: forbidden request-header names; and what the proxy sets itself.
const FORBIDDEN_HEADERS =
  /^(accept-charset|accept-encoding|access-control-request-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|permissions-policy|proxy-.*|referer|sec-.*|te|trailer|transfer-encoding|upgrade|via)$/i;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a method carries a body; browsers send none with the others. */
export function allowsBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** A path as it was typed or pasted, parted from its query and fragment. */
export function splitPath(typed: string): { path: string; query: string | undefined } {
  const [before = ""] = typed.split("#");
  const mark = before.indexOf("?");
  const path = mark === -1 ? before : before.slice(0, mark);
  return {
    path: path.startsWith("/") || path === "" ? path : `/${path}`,
    query: mark === -1 ? undefined : before.slice(mark + 1),
  };
}

/** A draft whose path has nothing in it that belongs to the query. */
export function normalizeDraft(draft: RequestDraft): RequestDraft {
  const { path, query } = splitPath(draft.path);
  return { ...draft, path: path === "" ? "/" : path, query: query ?? draft.query };
}

/** The request of a draft, or what is wrong with it. */
export function composeRequest(
  draft: RequestDraft,
): { request: ComposedRequest } | { errors: DraftErrors } {
  const errors: DraftErrors = {};
  const path = draft.path.startsWith("/") ? draft.path : `/${draft.path}`;
  const query = draft.query.replace(/^\?/, "");
  if (draft.api === "") {
    errors.api = "Choose an API.";
  }
  if (/[?#]/.test(path)) {
    errors.path = "Write the query into its own field.";
  } else if (!staysBelow(draft.api, path)) {
    errors.path = "Browsers resolve “.” and “..” themselves. Write the path without them.";
  }
  if (query.includes("#")) {
    errors.query = "Write # as %23.";
  }
  const headers = parseHeaders(draft.headers);
  if (typeof headers === "string") {
    errors.headers = headers;
  }
  if (Object.keys(errors).length > 0 || typeof headers === "string") {
    return { errors };
  }
  const body = allowsBody(draft.method) && draft.body !== "" ? draft.body : undefined;
  const named = headers.some(([name]) => name.toLowerCase() === "content-type");
  const type =
    body === undefined || named ? [] : [["Content-Type", BODY_KINDS[draft.kind]] as const];
  const target = `/proxy/${draft.api}${encoded(path)}${query === "" ? "" : `?${encoded(query).replaceAll("'", "%27")}`}`;
  return { request: { method: draft.method, target, headers: [...type, ...headers], body } };
}

/** Whether a browser leaves the path where it is: `..` would lead out of the proxy. */
function staysBelow(api: string, path: string): boolean {
  const target = `/proxy/${api}${encoded(path)}`;
  return new URL(target, "https://x.example").pathname === target;
}

/** As a browser would send it: what an address cannot hold is encoded, all else stays. */
function encoded(text: string): string {
  return text.replace(/[^!$-;=?-[\]_a-z|~]/gu, (sign) =>
    sign.length === 1 && /[\ud800-\udfff]/.test(sign) ? "%EF%BF%BD" : encodeURIComponent(sign),
  );
}

function parseHeaders(text: string): (readonly [string, string])[] | string {
  const fields: (readonly [string, string])[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") {
      continue;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (!FIELD_NAME.test(name)) {
      return `Write “Name: value” a line; “${line.trim().slice(0, 40)}” is not.`;
    }
    if (name.toLowerCase() === "authorization") {
      return "Leave Authorization out: your session stands there, and the stored key takes its place.";
    }
    if (FORBIDDEN_HEADERS.test(name)) {
      return `Browsers do not let a page set ${name}. Use the copied snippet for it.`;
    }
    const value = line.slice(colon + 1).trim();
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      return `The value of ${name} has a character that a header field cannot hold.`;
    }
    fields.push([name, value]);
  }
  return fields;
}
