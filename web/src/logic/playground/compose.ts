/** A request that is edited in the playground. */
export interface RequestDraft {
  readonly api: string;
  readonly method: string;
  /** The path after the API's name; starts with `/`. */
  readonly path: string;
  /** Without `?`, as typed. */
  readonly query: string;
  /** One header per line, `Name: value`. */
  readonly headers: string;
  readonly body: string;
  /** The body's type, unless the headers name one. */
  readonly kind: BodyKind;
}

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

export const BODY_KINDS = {
  json: "application/json",
  form: "application/x-www-form-urlencoded",
  text: "text/plain; charset=utf-8",
} as const;

export type BodyKind = keyof typeof BODY_KINDS;

/** A request ready to send; `target` is relative to the API's URL. */
export interface ComposedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

export type DraftErrors = { [part in "api" | "path" | "query" | "headers"]?: string };

/** An empty draft. */
export const EMPTY_DRAFT: RequestDraft = {
  api: "",
  method: "GET",
  path: "/",
  query: "",
  headers: "",
  body: "",
  kind: "json",
};

// Forbidden request headers (Fetch standard), and headers that the proxy sets itself.
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
    errors.path = "Enter the query in its own field.";
  } else if (!staysBelow(draft.api, path)) {
    errors.path = "Browsers resolve “.” and “..” in paths. Enter the path without them.";
  }
  if (query.includes("#")) {
    errors.query = "Encode # as %23.";
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
      return `Enter one “Name: value” per line. “${line.trim().slice(0, 40)}” is not valid.`;
    }
    if (name.toLowerCase() === "authorization") {
      return "Remove Authorization. The dashboard sets it itself, first to your session and then to the stored key.";
    }
    if (FORBIDDEN_HEADERS.test(name)) {
      return `Browsers do not allow pages to set ${name}. Use the copied snippet instead.`;
    }
    const value = line.slice(colon + 1).trim();
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      return `The value of ${name} contains a character that is not allowed in a header.`;
    }
    fields.push([name, value]);
  }
  return fields;
}
