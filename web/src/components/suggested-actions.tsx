import type { SuggestedAction, ExplainableRequest } from "../logic/explain/explanation";
import {
  apiPath,
  keyPath,
  keysPath,
  limitPath,
  newKeyPath,
  newTokenPath,
  playgroundPath,
  pricesPath,
  requestsPath,
  spendPath,
  tokenPath,
} from "../logic/navigation/routes";

/** Links to pages where the user can fix a failed request. */
export function SuggestedActions({
  request,
  actions,
  tokenName,
}: {
  request: ExplainableRequest;
  actions: readonly SuggestedAction[];
  /** The name of the token that sent the request, if it still exists. */
  tokenName: string | undefined;
}) {
  const links = actions
    .map((action) => linkOf(action, request, tokenName))
    .filter((link) => link !== undefined);
  return links.length === 0 ? null : (
    <div class="actions">
      {links.map(([text, href]) => (
        <a key={text} class="button small" href={href}>
          {text}
        </a>
      ))}
    </div>
  );
}

function linkOf(
  action: SuggestedAction,
  { api_name, key_id, token_id, method, path, status, problem, at, suggestion }: ExplainableRequest,
  tokenName: string | undefined,
): readonly [text: string, href: string] | undefined {
  switch (action) {
    case "key":
      if (key_id === null) {
        return [
          `View keys for ${suggestion?.name ?? api_name}`,
          keysPath(suggestion?.name ?? api_name),
        ];
      }
      return status === 401 || problem === "secret_unreadable"
        ? ["Replace secret", keyPath(key_id, true)]
        : ["View key", keyPath(key_id)];
    case "keys":
      return ["View all keys", "/keys"];
    case "new-key":
      return [
        `Add a key for ${suggestion?.name ?? api_name}`,
        newKeyPath(suggestion?.name ?? api_name),
      ];
    case "limit":
      return problem === "rate_limited"
        ? [`Change the limit for ${api_name}`, limitPath(api_name, true)]
        : [`View limits for ${api_name}`, limitPath(api_name)];
    case "budget":
      return [
        "View budgets",
        spendPath({ api: api_name, ...(token_id !== null && { token: token_id }), at: "budgets" }),
      ];
    case "prices":
      return [`View prices and settings of ${api_name}`, pricesPath(api_name)];
    case "token":
      return tokenName === undefined || token_id === null
        ? undefined
        : [`View token ${tokenName}`, tokenPath(token_id)];
    case "simulated-limits":
      return tokenName === undefined || token_id === null
        ? undefined
        : [`View simulated rate limiting of ${tokenName}`, tokenPath(token_id)];
    case "later-requests":
      return token_id === null || at === undefined
        ? undefined
        : [
            "View later requests",
            requestsPath({ api: api_name, token: token_id, from: String(Math.floor(at)) }),
          ];
    case "new-token":
      return ["Create token", newTokenPath(api_name)];
    case "setup":
      return ["View base URL and code", apiPath(api_name)];
    case "playground":
      return ["Try in the playground", playgroundPath(api_name, method, path)];
  }
}
