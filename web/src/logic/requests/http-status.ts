const WORDS: Readonly<Record<number, string>> = {
  101: "WebSocket",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No content",
  206: "Partial content",
  301: "Moved",
  302: "Found",
  303: "See other",
  304: "Not modified",
  307: "Redirect",
  308: "Moved",
  400: "Bad request",
  401: "Unauthorized",
  402: "Payment required",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Request timeout",
  409: "Conflict",
  410: "Gone",
  412: "Precondition failed",
  413: "Too large",
  414: "URI too long",
  415: "Unsupported media",
  418: "I'm a teapot",
  421: "Misdirected",
  422: "Unprocessable",
  423: "Locked",
  424: "Failed dependency",
  425: "Too early",
  428: "Precondition required",
  429: "Too many requests",
  431: "Header too large",
  451: "Unavailable for legal reasons",
  499: "Client closed request",
  500: "Server error",
  501: "Not implemented",
  502: "Bad gateway",
  503: "Unavailable",
  504: "Gateway timeout",
  520: "Unknown error",
  529: "Overloaded",
};

const CLASSES = ["Unknown", "Information", "Success", "Redirect", "Client error", "Server error"];

/** A status in one or two words, such as "Not found", or the name of its class. */
export function statusText(status: number): string {
  return WORDS[status] ?? CLASSES[Math.floor(status / 100)] ?? "Nonstandard status";
}

/** The badge tone of a status. */
export function statusTone(status: number): "ok" | "info" | "warn" | "danger" | "neutral" {
  const tones = ["neutral", "info", "ok", "info", "warn", "danger"] as const;
  return tones[Math.floor(status / 100)] ?? "neutral";
}

/** The tone of a log entry. A simulated rejection is no problem, a response that broke off is. */
export function entryTone(entry: {
  readonly status: number;
  readonly problem: string | null;
  readonly rehearsed: boolean;
}): ReturnType<typeof statusTone> {
  if (entry.rehearsed) {
    return "info";
  }
  return entry.problem !== null && entry.status < 400 ? "warn" : statusTone(entry.status);
}
