import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { TextField } from "../../components/fields";
import { Pager } from "../../components/pager";
import { hrefWith, usePageParam, useTextParam } from "../../components/query-params";
import { Ago, Until } from "../../components/time";
import type { Token } from "../../data/tokens";
import { clientName } from "../../logic/format/client-names";
import { pluralize } from "../../logic/format/numbers";
import { allowedText } from "../../logic/tokens/allowed-addresses";
import { filterTokens, limitText, scopeText } from "../../logic/tokens/tokens";
import { SimulatedLimitsBadge } from "./simulated-limits";

// Tokens per page.
const PAGE = 50;
// With this many tokens, a search field is useful.
const MANY = 8;

/** The tokens, expired ones last. */
export function TokenList({
  tokens,
  onRevoke,
}: {
  tokens: Token[];
  onRevoke: (token: Token) => void;
}) {
  const [text, setText] = useTextParam("q");
  const found = filterTokens(tokens, text);
  const pages = Math.ceil(found.length / PAGE);
  const [page, goTo] = usePageParam(pages);

  return (
    <div class="stack">
      {(tokens.length >= MANY || text !== "") && (
        <div class="token-filter">
          <TextField
            label="Search"
            type="search"
            placeholder="Name, API, last four characters"
            value={text}
            onValue={setText}
          />
          <p class="muted small numbers" role="status">
            {found.length === tokens.length
              ? pluralize(tokens.length, "token")
              : `${found.length} of ${pluralize(tokens.length, "token")}`}
          </p>
        </div>
      )}
      {found.length === 0 ? (
        <EmptyState
          title="No tokens match"
          action={<Button onClick={() => setText("")}>Show all tokens</Button>}
        />
      ) : (
        <div class="panel">
          <table class="tokens stacked">
            <caption class="hidden-visually">Tokens</caption>
            <thead>
              <tr>
                <th scope="col">Token</th>
                <th scope="col">Allowed APIs</th>
                <th scope="col">Limit</th>
                <th scope="col">Expires</th>
                <th scope="col">Last used</th>
                <th scope="col">
                  <span class="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.slice((page - 1) * PAGE, page * PAGE).map((token) => (
                <TokenRow key={token.token_id} token={token} onRevoke={onRevoke} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager page={page} pages={pages} onPage={goTo} />
    </div>
  );
}

function TokenRow({ token, onRevoke }: { token: Token; onRevoke: (token: Token) => void }) {
  const limit = limitText(token);
  return (
    <tr>
      <th scope="row" class="token-name">
        <a class="break" href={hrefWith({ token: token.token_id })}>
          {token.name}
        </a>
        <span class="mono muted">{token.hint}</span>
        <SimulatedLimitsBadge token={token} />
        {token.previous !== null && (
          <span class="row">
            <Badge tone="info">Old value works</Badge>
          </span>
        )}
      </th>
      <td>
        <span class="token-apis">
          {token.apis.includes("*") ? (
            <Badge tone="warn">All APIs</Badge>
          ) : token.apis.length === 0 ? (
            <Badge>None</Badge>
          ) : (
            token.apis.map((name) => <Badge key={name}>{name}</Badge>)
          )}
        </span>
        <span class="may-do muted small break">{scopeText(token)}</span>
        {token.allowed_ips.length > 0 && (
          <span class="may-do muted small break">From {allowedText(token.allowed_ips)}</span>
        )}
      </td>
      <td class="numbers" data-label="Limit">
        {limit ?? <span class="muted">None</span>}
      </td>
      <td data-label="Expires">
        {token.expires_at === null ? (
          <span class="muted">Never</span>
        ) : token.expired ? (
          <Badge tone="danger">Expired</Badge>
        ) : (
          <Until at={token.expires_at} />
        )}
      </td>
      <td data-label="Last used">
        {token.last_used_at === null ? (
          <span class="muted">Never</span>
        ) : (
          <>
            <Ago at={token.last_used_at} />
            {token.clients[0] !== undefined && (
              <span class="last-client muted small">{clientName(token.clients[0].client)}</span>
            )}
          </>
        )}
      </td>
      <td class="action-cell">
        <span class="actions">
          <a
            class="button small"
            href={hrefWith({ edit: token.token_id })}
            aria-label={`Edit ${token.name}`}
          >
            Edit
          </a>
          <Button size="small" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
            Revoke
          </Button>
        </span>
      </td>
    </tr>
  );
}
