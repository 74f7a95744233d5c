const BARE = /^[A-Za-z0-9_./:@%+,=[\]-]*$/;

/** A value of a `.env` file, quoted where it must be, as the API writes it. */
export function envValue(text: string): string {
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
export function variableName(text: string): string {
  const name = text.toUpperCase().replace(/[^A-Z0-9]/g, "_");
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
