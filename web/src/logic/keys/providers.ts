/** As much of a catalogue entry as is needed to find it. */
export interface SearchableProvider {
  readonly slug: string;
  readonly name: string;
  readonly base_url: string | null;
  readonly base_url_example: string | null;
  readonly env: { readonly [kind: string]: readonly string[] };
}

/**
 * The entries that a text speaks of, best first: names that begin with it, then words in names,
 * then hosts and variables. All of them, by name, for an empty text.
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

/** The host, with its port, of a base URL; the text itself when it is none. */
export function hostOf(url: string): string {
  return originParts(url)?.host ?? url;
}

/** Whether a key would go to another place with the new base URL; scheme and port count. */
export function changesOrigin(before: string, after: string): boolean {
  return originParts(before)?.origin !== originParts(after)?.origin;
}

function originParts(url: string): URL | undefined {
  // A placeholder such as {token} stands in the path and changes nothing here.
  return URL.canParse(url) ? new URL(url) : undefined;
}
