/** The part of a catalogue entry that the search needs. */
export interface SearchableProvider {
  readonly slug: string;
  readonly name: string;
  readonly base_url: string | null;
  readonly base_url_example: string | null;
  readonly env: { readonly [kind: string]: readonly string[] };
}

/**
 * Search the catalogue, best match first: names that start with the text, then words in names, then
 * hosts and variables. An empty text returns all entries by name.
 */
export function findProviders<T extends SearchableProvider>(
  providers: readonly T[],
  text: string,
): T[] {
  const wanted = text.trim().toLowerCase();
  return providers
    .map((provider) => ({ provider, rank: rankOf(provider, wanted) }))
    .filter(({ rank }) => rank !== undefined)
    .sort(
      (one, other) =>
        (one.rank ?? 0) - (other.rank ?? 0) || one.provider.name.localeCompare(other.provider.name),
    )
    .map(({ provider }) => provider);
}

function rankOf(provider: SearchableProvider, wanted: string): number | undefined {
  const name = provider.name.toLowerCase();
  const tests = [
    name === wanted || provider.slug === wanted,
    name.startsWith(wanted) || provider.slug.startsWith(wanted),
    name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted)),
    name.includes(wanted),
    hostOf(provider.base_url ?? provider.base_url_example ?? "").includes(wanted),
    (provider.env["key"] ?? []).some((variable) => variable.toLowerCase().includes(wanted)),
  ];
  const rank = tests.indexOf(true);
  return rank === -1 ? undefined : rank;
}

/** The host and port of a base URL, or the text itself if it is not a URL. */
export function hostOf(url: string): string {
  return originParts(url)?.host ?? url;
}

/** Whether a new base URL sends the key to another origin (scheme, host, port). */
export function changesOrigin(before: string, after: string): boolean {
  return originParts(before)?.origin !== originParts(after)?.origin;
}

function originParts(url: string): URL | undefined {
  // A placeholder such as {token} is in the path and does not matter here.
  return URL.canParse(url) ? new URL(url) : undefined;
}
