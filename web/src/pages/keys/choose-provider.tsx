import { Badge } from "../../components/badge";
import { Combobox } from "../../components/combobox";
import type { Provider } from "../../data/providers";
import { findProviders, hostOf } from "../../logic/keys/providers";

/** An API that is not in the catalogue; not a valid slug. */
export const CUSTOM = "~custom";

/** The first step: choose the provider. */
export function ChooseProvider({
  providers,
  stored,
  onChoose,
}: {
  providers: Provider[];
  /** API names that have keys. */
  stored: ReadonlySet<string>;
  onChoose: (slug: string) => void;
}) {
  return (
    <Combobox<Provider | typeof CUSTOM>
      label="Provider"
      placeholder={`Search ${providers.length} providers`}
      find={(text) => [...findProviders(providers, text), CUSTOM]}
      keyOf={slugOf}
      onChoose={(option) => onChoose(slugOf(option))}
      draw={(provider) =>
        provider === CUSTOM ? (
          <span class="provider-option">
            <span>Another API…</span>
            <span class="muted small">any API with a base URL</span>
          </span>
        ) : (
          <span class="provider-option">
            <span>
              {provider.name} {stored.has(provider.slug) && <Badge>added</Badge>}
            </span>
            <span class="muted small cut">
              {hostOf(provider.base_url ?? provider.base_url_example ?? "")}
            </span>
          </span>
        )
      }
    />
  );
}

function slugOf(option: Provider | typeof CUSTOM): string {
  return option === CUSTOM ? CUSTOM : option.slug;
}
