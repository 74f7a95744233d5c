import type { SuggestedAction, ExplainableRequest } from "../logic/explain/explanation";
import {
  keyPath,
  keysPath,
  limitPath,
  newKeyPath,
  newTokenPath,
  playgroundPath,
  requestsPath,
  tokenPath,
} from "../logic/navigation/routes";

/** Links to where something can be done about a request. */
export function SuggestedActions({
  request,
  actions,
  tokenName,
}: {
  request: ExplainableRequest;
  actions: readonly SuggestedAction[];
  /** Of the token that made it, where there is still one. */
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
        return [`Keys of ${suggestion?.name ?? api_name}`, keysPath(suggestion?.name ?? api_name)];
      }
      return status === 401 || problem === "secret_unreadable"
        ? ["Replace its secret", keyPath(key_id, true)]
        : ["Look at the key", keyPath(key_id)];
    case "keys":
      return ["All keys", "/keys"];
    case "new-key":
      return [
        `Add a key of ${suggestion?.name ?? api_name}`,
        newKeyPath(suggestion?.name ?? api_name),
      ];
    case "limit":
      return problem === "rate_limited"
        ? [`Change the limit of ${api_name}`, limitPath(api_name, true)]
        : [`Limits of ${api_name}`, limitPath(api_name)];
    case "token":
      return tokenName === undefined || token_id === null
        ? undefined
        : [`Token ${tokenName}`, tokenPath(token_id)];
    case "rehearsal":
      return tokenName === undefined || token_id === null
        ? undefined
        : [`Rehearsal of ${tokenName}`, tokenPath(token_id)];
    case "afterwards":
      return token_id === null || at === undefined
        ? undefined
        : [
            "What it called from here on",
            requestsPath({ api: api_name, token: token_id, from: String(Math.floor(at)) }),
          ];
    case "new-token":
      return ["Make a token", newTokenPath(api_name)];
    case "playground":
      return ["Try in the playground", playgroundPath(api_name, method, path)];
  }
}
