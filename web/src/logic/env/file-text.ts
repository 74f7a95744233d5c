import { bytes as formatBytes } from "../format/numbers";

// What the API takes at most: bytes of a file.
const MAX_BYTES = 1_048_576;

const NEW_LINE = 0x0a;

/** The text of a file's bytes, or why it cannot be read; never with any of its text. */
export type DecodedFile = { readonly text: string } | { readonly wrong: string };

/** Reads a file as UTF-8, strictly: a lost character of a secret would go unnoticed. */
export function decodeEnvFile(name: string, bytes: Uint8Array): DecodedFile {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { wrong: `${name} is written in UTF-16. Save it as UTF-8, then take it again.` };
  }
  const text = decoded(bytes);
  return text === undefined
    ? { wrong: `Line ${firstInvalidLine(bytes)} of ${name} cannot be read as UTF-8 text.` }
    : { text };
}

/** Why so many bytes are not taken; undefined where they are. */
export function sizeError(what: string, size: number): string | undefined {
  return size > MAX_BYTES
    ? `${what} has ${formatBytes(size)}; more than 1 MiB is no .env file. Nothing of it was taken.`
    : undefined;
}

/** Why a pasted text is not taken; undefined where it is. */
export function textSizeError(text: string): string | undefined {
  // Three bytes a character at most.
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

/** The first line that is not UTF-8; a line feed is never a part of another character. */
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
