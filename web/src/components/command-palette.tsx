import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useAddresses } from "../data/addresses";
import { useKeys } from "../data/keys";
import { useProviders } from "../data/providers";
import { useTokens } from "../data/tokens";
import { fuzzySearch } from "../logic/navigation/fuzzy-search";
import { keyLabel } from "../logic/keys/key-names";
import {
  apiPath,
  keyPath,
  limitPath,
  NEW_KEY_PATH,
  newBudgetPath,
  newTokenPath,
  playgroundPath,
  pricesPath,
  requestsPath,
  tokensPath,
} from "../logic/navigation/routes";
import { sdkUrl } from "../logic/snippets/api-snippets";
import { useApiAddress, useServices } from "../services";
import { chooseTheme, type Theme } from "../theme";
import { Combobox } from "./combobox";
import { Dialog } from "./dialog";
import { useToast } from "./toasts";

interface Entry {
  /** The displayed and searched name. */
  readonly name: string;
  /** Additional search terms. */
  readonly words?: string;
  readonly kind: "Page" | "Action" | "Key" | "Token" | "API";
  readonly run: () => unknown;
}

const PAGES = [
  ["Overview", "/", "home dashboard statistics"],
  ["Keys", "/keys", "vault secrets"],
  ["Tokens", "/tokens", ""],
  ["Requests", "/requests", "log history"],
  ["Rate limits", "/rate-limits", "quotas"],
  ["Spend", "/spend", "cost budgets prices money"],
  ["Playground", "/playground", "try"],
  ["Notifications", "/notifications", "alerts webhook email ntfy slack discord"],
  ["Audit log", "/audit", "history security who sign-ins"],
  [".env files", "/env-files", ""],
  ["Account", "/account", "profile settings"],
] as const;

const THEMES: readonly (readonly [Theme, string])[] = [
  ["light", "Light theme"],
  ["dark", "Dark theme"],
  ["system", "System theme"],
];

// The maximum number of entries shown.
const MOST = 40;

/** Find a page, an action or a stored item by name. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const entries = useEntries();
  return (
    <Dialog title="Search" onClose={onClose}>
      <Combobox<Entry>
        empty="No results."
        label="Page, action, key, token or API"
        find={(text) =>
          fuzzySearch(text, entries, ({ name, words }) => `${name} ${words ?? ""}`.trim(), MOST)
        }
        keyOf={({ kind, name }) => `${kind} ${name}`}
        draw={({ kind, name }) => (
          <span class="palette-entry">
            <span class="cut">{name}</span> <span class="muted small">{kind}</span>
          </span>
        )}
        onChoose={(entry) => {
          onClose();
          entry.run();
        }}
      />
    </Dialog>
  );
}

function useEntries(): readonly Entry[] {
  const { route } = useLocation();
  const { session } = useServices();
  const address = useApiAddress();
  const addresses = useAddresses();
  const toast = useToast();
  const keys = useKeys().data;
  const tokens = useTokens().data;
  const providers = useProviders().data;

  return useMemo(() => {
    const link = (kind: Entry["kind"], name: string, href: string, words = ""): Entry => ({
      kind,
      name,
      words,
      run: () => route(href),
    });
    const copy = async (text: string) => {
      try {
        await navigator.clipboard.writeText(text);
        toast({ text: `Copied ${text}` });
      } catch {
        toast({ text: `The browser blocked copying. Copy it by hand: ${text}` });
      }
    };
    const apis = [...new Map(keys?.map((key) => [key.api_name, key])).values()];
    return [
      ...PAGES.map(([name, href, words]) => link("Page", name, href, words)),
      link("Action", "Add key", NEW_KEY_PATH, "new store"),
      link("Action", "Create token", newTokenPath(), "new make"),
      link("Action", "Revoke token", tokensPath(), "end delete"),
      link("Action", "Set rate limit", "/rate-limits?set=", "new"),
      link("Action", "Create budget", newBudgetPath(), "spend new"),
      link("Action", "Failed requests, 4xx", requestsPath({ status: "4xx" }), "errors log"),
      link("Action", "Failed requests, 5xx", requestsPath({ status: "5xx" }), "errors log"),
      link("Action", "Add notification target", "/notifications?add=", "webhook email new"),
      link("Action", "Failed sign-ins", "/audit?action=session.create&outcome=failed", "security"),
      link("Action", "Import .env file", "/env-files"),
      link("Action", "Create safe .env file", "/env-files?way=export"),
      link("Action", "Change password", "/account?at=password"),
      link("Action", "Export your data", "/account?at=export", "export download backup"),
      {
        kind: "Action",
        name: "API documentation",
        words: "docs help reference",
        run: () => open(`${address}/api/docs`, "_blank", "noreferrer"),
      },
      ...THEMES.map(([theme, name]): Entry => ({
        kind: "Action",
        name,
        run: () => chooseTheme(theme),
      })),
      { kind: "Action", name: "Sign out", words: "log out leave", run: () => session.signOut() },
      ...apis.flatMap((key): Entry[] => {
        const provider = providers?.find(({ slug }) => slug === key.provider);
        const baseUrl = sdkUrl(addresses, {
          apiName: key.api_name,
          baseUrl: key.base_url,
          provider,
        });
        return [
          link(
            "API",
            `Connect to ${key.api_name}`,
            apiPath(key.api_name),
            `${provider?.name ?? ""} sdk agent run framework editor code snippet`,
          ),
          { kind: "API", name: `Copy the base URL of ${key.api_name}`, run: () => copy(baseUrl) },
          link("API", `Try ${key.api_name} in the playground`, playgroundPath(key.api_name)),
          link("API", `Set a rate limit for ${key.api_name}`, limitPath(key.api_name, true)),
          link("API", `Prices of ${key.api_name}`, pricesPath(key.api_name), "spend cost"),
          link("API", `Requests to ${key.api_name}`, requestsPath({ api: key.api_name })),
        ];
      }),
      ...(keys ?? []).map((key) =>
        link("Key", `Key ${key.api_name} ${keyLabel(key)} ${key.description}`, keyPath(key.key_id)),
      ),
      ...(tokens ?? []).map(({ name, hint }) =>
        link("Token", `Token ${name} ${hint}`, tokensPath(name)),
      ),
    ];
  }, [route, session, address, addresses, toast, keys, tokens, providers]);
}
