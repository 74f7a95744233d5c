/** How a response body is displayed. */
export type BodyFormat = "json" | "events" | "text" | "binary";

const TEXT =
  /^(text\/|application\/(javascript|xml|yaml|x-yaml|toml|graphql|x-ndjson|jsonl|x-www-form-urlencoded)|image\/svg\+xml|[^;]*\+xml)/;

/** The format for a Content-Type header; text without one. */
export function bodyFormat(contentType: string | null): BodyFormat {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/event-stream") {
    return "events";
  }
  if (type === "application/json" || type.endsWith("+json")) {
    return "json";
  }
  return type === "" || TEXT.test(type) ? "text" : "binary";
}

/** The character set of a Content-Type header. */
export function charsetOf(contentType: string | null): string {
  return /;\s*charset="?([\w-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
}

/** Whether a text contains bytes that no text has. */
export function looksBinary(text: string): boolean {
  return text.slice(0, 2_000).includes("\u0000");
}

/** The file name of a downloaded body: the path's last part with an extension for its type. */
export function downloadName(path: string, contentType: string | null): string {
  const last = /([\w.-]+)\/?$/.exec(path)?.[1] ?? "";
  const name = last.replace(/^\.+/, "") || "answer";
  if (/\.\w{1,5}$/.test(name)) {
    return name;
  }
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const ending =
    bodyFormat(type) === "json" ? "json" : (/^image\/(png|jpeg|gif|webp)$/.exec(type)?.[1] ?? "");
  const fallback = bodyFormat(type) === "binary" ? "bin" : "txt";
  return `${name}.${ending || fallback}`;
}

/** The number of complete server-sent events in a text. */
export function eventCount(text: string): number {
  return text.match(/(?:\r\n|\n|\r)(?:\r\n|\n|\r)/g)?.length ?? 0;
}
