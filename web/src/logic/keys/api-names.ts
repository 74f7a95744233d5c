/** The API that an invalid name was probably meant for, and whether it has keys. */
export interface SuggestedApi {
  readonly name: string;
  readonly stored: boolean;
}

/** Whether a key can be stored under the name, by the API's own rule. */
export function isApiName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,47}$/.test(name);
}

/** Find the API whose name differs only in case, among those with keys and in the catalogue. */
export function suggestApi(
  name: string,
  stored: Iterable<string>,
  slugs: Iterable<string>,
): SuggestedApi | undefined {
  const lower = name.toLowerCase();
  if (lower === name) {
    return undefined;
  }
  if (new Set(stored).has(lower)) {
    return { name: lower, stored: true };
  }
  return new Set(slugs).has(lower) ? { name: lower, stored: false } : undefined;
}
