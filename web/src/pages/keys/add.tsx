import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { Loaded, type Asked } from "../../components/loaded";
import { Notice } from "../../components/notice";
import { usePlace } from "../../components/place";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { poolsOf } from "../../logic/pools";
import { KeyAdded } from "./added";
import { ChooseProvider, CUSTOM } from "./choose-provider";
import { KeyForm } from "./key-form";

/**
 * Adds a key: which API, its secret, and at once whether it works. `chosen` is a slug or empty;
 * `pool` the name of an API, whose other keys, if it has any, say all but the secret.
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
  providers: Asked<Provider[]>;
  stored: Key[];
  onClose: () => void;
}) {
  const { go } = usePlace();
  const [added, setAdded] = useState<Key>();
  const names = new Set(stored.map(({ api_name }) => api_name));
  const like = poolsOf(stored).find(({ apiName }) => apiName === pool)?.keys[0];
  const named = like === undefined ? pool : undefined;
  const slug = like === undefined ? chosen || named : like.provider;
  const provider = providers.data?.find((each) => each.slug === slug);
  const unknown = chosen !== "" && chosen !== CUSTOM && provider === undefined;

  function title(): string {
    if (added !== undefined) {
      return "Key added";
    }
    if (like !== undefined) {
      return `Add to the pool of ${like.api_name}`;
    }
    if (named !== undefined && named !== provider?.slug) {
      return `Add a key of ${named}`;
    }
    if (provider !== undefined) {
      return `Add a key of ${provider.name}`;
    }
    return chosen === CUSTOM ? "Add a key of another API" : "Add a key";
  }

  return (
    <Dialog title={title()} onClose={onClose}>
      {added !== undefined ? (
        <KeyAdded
          stored={added}
          provider={providers.data?.find(({ slug }) => slug === added.provider)}
          onAnother={() => {
            setAdded(undefined);
            go({ add: "", pool: undefined });
          }}
          onClose={onClose}
        />
      ) : (
        <Loaded query={providers}>
          {(all) =>
            like !== undefined || provider !== undefined || chosen === CUSTOM ? (
              <KeyForm
                key={`${pool}/${chosen}`}
                provider={provider}
                like={like}
                named={named}
                stored={names}
                onAdded={setAdded}
                onBack={like === undefined ? () => go({ add: "", pool: undefined }) : onClose}
              />
            ) : (
              <>
                {unknown && <Notice kind="warn">The catalogue has no {chosen}. Choose one:</Notice>}
                <ChooseProvider
                  providers={all}
                  stored={names}
                  onChoose={(slug) => go({ add: slug })}
                />
              </>
            )
          }
        </Loaded>
      )}
    </Dialog>
  );
}
