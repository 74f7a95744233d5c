import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { QueryState, type QueryResult } from "../../components/query-state";
import { Notice } from "../../components/notice";
import { useQueryParams } from "../../components/query-params";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { groupByApi } from "../../logic/keys/pools";
import { KeyAdded } from "./added";
import { ChooseProvider, CUSTOM } from "./choose-provider";
import { KeyForm } from "./key-form";

/**
 * Add a key: choose the API, enter the secret, check the key. `chosen` is a provider's slug or
 * empty. `pool` is an API name; if it has keys, the new key copies everything but the secret from
 * them.
 */
export default function AddKey({
  chosen,
  pool,
  providers,
  stored,
  onClose,
}: {
  chosen: string;
  pool: string | undefined;
  providers: QueryResult<Provider[]>;
  stored: Key[];
  onClose: () => void;
}) {
  const { setQuery } = useQueryParams();
  const [added, setAdded] = useState<Key>();
  const names = new Set(stored.map(({ api_name }) => api_name));
  const sibling = groupByApi(stored).find(({ apiName }) => apiName === pool)?.keys[0];
  const apiName = sibling === undefined ? pool : undefined;
  const slug = sibling === undefined ? chosen || apiName : sibling.provider;
  const provider = providers.data?.find((each) => each.slug === slug);
  const unknown = chosen !== "" && chosen !== CUSTOM && provider === undefined;

  function title(): string {
    if (added !== undefined) {
      return "Key added";
    }
    if (sibling !== undefined) {
      return `Add a key to the pool of ${sibling.api_name}`;
    }
    if (apiName !== undefined && apiName !== provider?.slug) {
      return `Add a key for ${apiName}`;
    }
    if (provider !== undefined) {
      return `Add a key for ${provider.name}`;
    }
    return chosen === CUSTOM ? "Add a key for another API" : "Add a key";
  }

  return (
    <Dialog title={title()} onClose={onClose}>
      {added !== undefined ? (
        <KeyAdded
          stored={added}
          provider={providers.data?.find(({ slug }) => slug === added.provider)}
          onAnother={() => {
            setAdded(undefined);
            setQuery({ add: "", pool: undefined });
          }}
          onClose={onClose}
        />
      ) : (
        <QueryState query={providers}>
          {(all) =>
            sibling !== undefined || provider !== undefined || chosen === CUSTOM ? (
              <KeyForm
                key={`${pool}/${chosen}`}
                provider={provider}
                sibling={sibling}
                suggestedName={apiName}
                stored={names}
                onAdded={setAdded}
                onBack={
                  sibling === undefined ? () => setQuery({ add: "", pool: undefined }) : onClose
                }
              />
            ) : (
              <>
                {unknown && (
                  <Notice kind="warn">The catalogue has no provider “{chosen}”. Choose one:</Notice>
                )}
                <ChooseProvider
                  providers={all}
                  stored={names}
                  onChoose={(slug) => setQuery({ add: slug })}
                />
              </>
            )
          }
        </QueryState>
      )}
    </Dialog>
  );
}
