import type { Remedy, Request } from "../logic/explain";
import {
  keyPlace,
  keysPlace,
  limitPlace,
  newKeyPlace,
  newTokenPlace,
  playgroundPlace,
  requestsPlace,
  tokenPlace,
} from "../logic/places";

/** Links to where something can be done about a request. */
export function Remedies({
  request,
  remedies,
  tokenName,
}: {
  request: Request;
  remedies: readonly Remedy[];
  /** Of the token that made it, where there is still one. */
  tokenName: string | undefined;
}) {
  const links = remedies
    .map((remedy) => linkOf(remedy, request, tokenName))
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
  remedy: Remedy,
  { api_name, key_id, token_id, method, path, status, problem, at, meant }: Request,
  tokenName: string | undefined,
): readonly [text: string, href: string] | undefined {
  switch (remedy) {
    case "key":
      if (key_id === null) {
        return [`Keys of ${meant?.name ?? api_name}`, keysPlace(meant?.name ?? api_name)];
      }
      return status === 401 || problem === "secret_unreadable"
        ? ["Replace its secret", keyPlace(key_id, true)]
        : ["Look at the key", keyPlace(key_id)];
    case "keys":
      return ["All keys", "/keys"];
    case "new-key":
      return [`Add a key of ${meant?.name ?? api_name}`, newKeyPlace(meant?.name ?? api_name)];
    case "limit":
      return problem === "rate_limited"
        ? [`Change the limit of ${api_name}`, limitPlace(api_name, true)]
        : [`Limits of ${api_name}`, limitPlace(api_name)];
    case "token":
      return tokenName === undefined || token_id === null
        ? undefined
        : [`Token ${tokenName}`, tokenPlace(token_id)];
    case "rehearsal":
      return tokenName === undefined || token_id === null
        ? undefined
        : [`Rehearsal of ${tokenName}`, tokenPlace(token_id)];
    case "afterwards":
      return token_id === null || at === undefined
        ? undefined
        : [
            "What it called from here on",
            requestsPlace({ api: api_name, token: token_id, from: String(Math.floor(at)) }),
          ];
    case "new-token":
      return ["Make a token", newTokenPlace(api_name)];
    case "playground":
      return ["Try in the playground", playgroundPlace(api_name, method, path)];
  }
}
