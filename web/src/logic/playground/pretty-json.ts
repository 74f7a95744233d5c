/**
 * Indent JSON without changing its values: digits of numbers, order of members and duplicates stay.
 * Undefined if the text is not JSON.
 */
export function prettyJson(text: string): string | undefined {
  if (jsonError(text) !== undefined) {
    return undefined;
  }
  const parts: string[] = [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  // Strings first, because the characters in them separate nothing.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs) ?? [];
  for (const [index, token] of tokens.entries()) {
    const empty = tokens[index + 1] === (token === "{" ? "}" : "]");
    if (token === "{" || token === "[") {
      depth += 1;
      parts.push(token, empty ? "" : line());
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = tokens[index - 1];
      parts.push(before === "{" || before === "[" ? "" : line(), token);
    } else if (token === ",") {
      parts.push(",", line());
    } else {
      parts.push(token === ":" ? ": " : token);
    }
  }
  return parts.join("");
}

/** The error in a JSON text, with its position if the browser reports it. */
export function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(message)?.[1];
    if (position === undefined) {
      return /end of/.test(message) ? "The JSON ends too early." : "This is not valid JSON.";
    }
    const before = text.slice(0, Number(position)).split("\n");
    const column = (before.at(-1) ?? "").length + 1;
    return `This is not valid JSON: check line ${before.length}, column ${column}.`;
  }
}
