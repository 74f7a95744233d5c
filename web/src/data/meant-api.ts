import { type MeantApi, meantApi } from "../logic/api-names";
import { useKeys } from "./keys";
import { useProviders } from "./providers";

/** What the name of an API that is not known should have been, where that can be told. */
export function useMeantApi(problem: string | null, name: string): MeantApi | undefined {
  const unknown = problem === "unknown_api" && name !== name.toLowerCase();
  const keys = useKeys();
  const providers = useProviders(unknown);
  return unknown
    ? meantApi(
        name,
        keys.data?.map(({ api_name }) => api_name) ?? [],
        providers.data?.map(({ slug }) => slug) ?? [],
      )
    : undefined;
}
