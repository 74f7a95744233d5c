/** How an answer's body is shown. */
export type BodyFormat = "json" | "events" | "text" | "binary";

const TEXT =
  /^(text\/|application\/(javascript|xml|yaml|x-yaml|toml|graphql|x-ndjson|jsonl|x-www-form-urlencoded)|image\/svg\+xml|[^;]*\+xml)/;

/** The shape that a Content-Type field says; text where it says nothing. */
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

/** The character set that a Content-Type field names. */
export function charsetOf(contentType: string | null): string {
  return /;\s*charset="?([\w-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
}

/** Whether what should be text holds bytes that no text has. */
export function looksBinary(text: string): boolean {
  return text.slice(0, 2_000).includes("\u0000");
}

/** A name for a downloaded body: the path's last part, with an ending of the body's type. */
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

/** The number of whole events in a text of server-sent events. */
export function eventCount(text: string): number {
  return text.match(/(?:\r\n|\n|\r)(?:\r\n|\n|\r)/g)?.length ?? 0;
}
