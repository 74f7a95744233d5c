const BARE = /^[A-Za-z0-9_./:@%+,=[\]-]*$/;

/** A value of a `.env` file, quoted if necessary, as the API writes it. */
export function quoteEnvValue(text: string): string {
  if (BARE.test(text)) {
    return text;
  }
  const escaped = text
    .replace(/["\\$`]/g, String.raw`\$&`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("\r", String.raw`\r`);
  return `"${escaped}"`;
}

/** The name of an environment variable made of an API's name: `my-weather` gives `MY_WEATHER`. */
export function toVariableName(text: string): string {
  const name = text.toUpperCase().replace(/[^A-Z0-9]/g, "_");
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** A text as one word of a POSIX shell. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text as one word of a POSIX shell, without quotes if it needs none. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : quoteShell(text);
}

/** Quote a text as a JavaScript string. */
export function quoteJavaScript(text: string): string {
  // JSON strings are valid JavaScript strings (ECMAScript 2019).
  return JSON.stringify(text);
}

/** Quote a text as a Python string. */
export function quotePython(text: string): string {
  // JSON keeps characters outside the basic plane and escapes lone surrogates as \uXXXX. Python
  // reads both the same way.
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
