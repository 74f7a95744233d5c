/** A header with a further secret, as it is edited. */
export interface HeaderDraft {
  readonly name: string;
  readonly secret: string;
  /** The last characters of the stored secret. Null if none is stored. */
  readonly hint: string | null;
  /** The catalogue or the pool names the header, so the user enters only its secret. */
  readonly known: boolean;
  readonly required: boolean;
}

export const NEW_HEADER: HeaderDraft = {
  name: "",
  secret: "",
  hint: null,
  known: false,
  required: true,
};

/** The most headers that a key can have besides its credential. */
export const MAX_HEADERS = 8;

interface StoredHeader {
  readonly name: string;
  readonly hint: string;
}

interface KnownHeader {
  readonly name: string;
  readonly required: boolean;
}

/** The stored headers, and those that the catalogue names besides. */
export function headerDrafts(
  stored: readonly StoredHeader[],
  known: readonly KnownHeader[],
): HeaderDraft[] {
  const names = new Set(stored.map(({ name }) => name.toLowerCase()));
  return [
    ...stored.map(({ name, hint }) => ({ ...NEW_HEADER, name, hint, known: true })),
    ...known
      .filter(({ name }) => !names.has(name.toLowerCase()))
      .map(({ name, required }) => ({ ...NEW_HEADER, name, required, known: true })),
  ];
}

/** The headers of a new key. One that the catalogue names is left out without a secret. */
export function newHeaders(drafts: readonly HeaderDraft[]): { name: string; secret: string }[] {
  return drafts
    .filter(({ known, secret }) => !known || secret.trim() !== "")
    .map(({ name, secret }) => ({ name: name.trim(), secret: secret.trim() }));
}

/** The headers of a changed key, undefined if nothing changed. Without a secret, it stays. */
export function changedHeaders(
  drafts: readonly HeaderDraft[],
  stored: readonly StoredHeader[],
): { name: string; secret?: string }[] | undefined {
  const kept = drafts.filter(
    ({ hint, known, secret }) => hint !== null || !known || secret.trim() !== "",
  );
  const same = kept.length === stored.length && kept.every(({ secret }) => secret.trim() === "");
  return same
    ? undefined
    : kept.map(({ name, secret }) => ({
        name: name.trim(),
        ...(secret.trim() === "" ? {} : { secret: secret.trim() }),
      }));
}
