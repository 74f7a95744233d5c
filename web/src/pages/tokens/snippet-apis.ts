import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { groupByApi } from "../../logic/keys/pools";
import type { SnippetApi } from "../../logic/snippets/api-snippets";

/** The APIs with keys, described by their first key, and `more` APIs without keys. */
export function snippetApis(
  keys: Key[],
  providers: Provider[],
  more: readonly string[] = [],
): SnippetApi[] {
  const known = groupByApi(keys).map(({ apiName, keys: [first] }) => {
    const slug = first?.provider ?? apiName;
    return {
      apiName,
      baseUrl: first?.base_url ?? "",
      provider: providers.find((provider) => provider.slug === slug),
    };
  });
  const names = new Set(known.map(({ apiName }) => apiName));
  const others = more.filter((name) => name !== "*" && !names.has(name));
  return [...known, ...others.map((apiName) => ({ apiName, baseUrl: "", provider: undefined }))];
}
