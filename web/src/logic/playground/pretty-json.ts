/**
 * JSON with line ends and indentation, its values as they were written: numbers keep their digits,
 * members their order and doubles. Undefined where the text is not JSON.
 */
export function prettyJson(text: string): string | undefined {
  if (jsonError(text) !== undefined) {
    return undefined;
  }
  const parts: string[] = [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  // Strings first: what stands in them parts nothing.
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

/** What is wrong with a text as JSON, with the line where the browser knows it. */
export function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(message)?.[1];
    if (position === undefined) {
      return /end of/.test(message) ? "It ends too early." : "It is not JSON.";
    }
    const before = text.slice(0, Number(position)).split("\n");
    const column = (before.at(-1) ?? "").length + 1;
    return `It is not JSON: look at line ${before.length}, column ${column}.`;
  }
}
