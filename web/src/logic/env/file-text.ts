import { bytes as formatBytes } from "../format/numbers";

// Bytes: the largest file that the API accepts.
const MAX_BYTES = 1_048_576;

const NEW_LINE = 0x0a;

/** The text of a file, or an error message that contains none of the text. */
export type DecodedFile = { readonly text: string } | { readonly wrong: string };

/** Decode a file as strict UTF-8: a replaced character in a secret would go unnoticed. */
export function decodeEnvFile(name: string, bytes: Uint8Array): DecodedFile {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { wrong: `${name} is encoded as UTF-16. Save it as UTF-8 and choose it again.` };
  }
  const text = decoded(bytes);
  return text === undefined
    ? { wrong: `Line ${firstInvalidLine(bytes)} of ${name} is not valid UTF-8.` }
    : { text };
}

/** An error message for a file that is too large; undefined otherwise. */
export function sizeError(what: string, size: number): string | undefined {
  return size > MAX_BYTES
    ? `${what} is too large (${formatBytes(size)}). The maximum is 1 MiB. Nothing was read.`
    : undefined;
}

/** An error message for a pasted text that is too large; undefined otherwise. */
export function textSizeError(text: string): string | undefined {
  // A UTF-16 unit takes at most three bytes.
  const size = text.length * 3 <= MAX_BYTES ? 0 : new TextEncoder().encode(text).length;
  return sizeError("The text", size);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first line that is not UTF-8. A line feed is never part of another character. */
function firstInvalidLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const found = bytes.indexOf(NEW_LINE, start);
    const end = found === -1 ? bytes.length : found + 1;
    if (decoded(bytes.subarray(start, end)) === undefined) {
      return line;
    }
    start = end;
  }
  return line;
}
