import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { Loaded, type Asked } from "../../components/loaded";
import { Notice } from "../../components/notice";
import { usePlace } from "../../components/place";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { KeyAdded } from "./added";
import { ChooseProvider, CUSTOM } from "./choose-provider";
import { KeyForm } from "./key-form";

/** Adds a key: which API, its secret, and at once whether it works. `chosen` is a slug or empty. */
export function AddKey({
  chosen,
  providers,
  stored,
  onClose,
}: {
  chosen: string;
  providers: Asked<Provider[]>;
  stored: Key[];
  onClose: () => void;
}) {
  const { go } = usePlace();
  const [added, setAdded] = useState<Key>();
  const names = new Set(stored.map(({ api_name }) => api_name));
  const provider = providers.data?.find(({ slug }) => slug === chosen);
  const unknown = chosen !== "" && chosen !== CUSTOM && provider === undefined;

  function title(): string {
    if (added !== undefined) {
      return "Key added";
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
            go({ add: "" });
          }}
          onClose={onClose}
        />
      ) : (
        <Loaded query={providers}>
          {(all) =>
            provider !== undefined || chosen === CUSTOM ? (
              <KeyForm
                key={chosen}
                provider={provider}
                stored={names}
                onAdded={setAdded}
                onBack={() => go({ add: "" })}
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
