import { type SuggestedApi, suggestApi } from "../logic/keys/api-names";
import { useKeys } from "./keys";
import { useProviders } from "./providers";

/** Suggest the API that an unknown name was meant for, if there is one. */
export function useSuggestedApi(problem: string | null, name: string): SuggestedApi | undefined {
  const unknown = problem === "unknown_api" && name !== name.toLowerCase();
  const keys = useKeys();
  const providers = useProviders(unknown);
  return unknown
    ? suggestApi(
        name,
        keys.data?.map(({ api_name }) => api_name) ?? [],
        providers.data?.map(({ slug }) => slug) ?? [],
      )
    : undefined;
}
