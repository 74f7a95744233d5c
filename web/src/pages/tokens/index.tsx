import { Plus } from "lucide-preact";
import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { MissingItem, useMissingItem } from "../../components/missing-item";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { loadPage } from "../../components/load-page";
import { useQueryParams } from "../../components/query-params";
import { useKeys } from "../../data/keys";
import { useProviders } from "../../data/providers";
import { useTokens } from "../../data/tokens";
import { TokenDetails } from "./details";
import { TokenList } from "./list";
import { RevokeToken } from "./revoke";
import { EndPrevious, RotateToken } from "./rotate";
import "./style.css";

const CreateTokenDialog = lazy(() => loadPage(() => import("./create")));
const EditToken = lazy(() => loadPage(() => import("./edit")));

// The dialogs of a token, by the parameter that has its id.
const DIALOGS = ["token", "edit", "rotate", "end", "revoke"] as const;

/** The tokens that scripts and SDKs use instead of keys. */
export default function Tokens() {
  const { query, setQuery } = useQueryParams();
  const tokens = useTokens();
  const keys = useKeys();
  const providers = useProviders();
  const creating = query["create"];
  const found = (id: string | undefined) => tokens.data?.find(({ token_id }) => token_id === id);
  const openToken = found(query["token"]);
  const editing = found(query["edit"]);
  const rotating = found(query["rotate"]);
  const ending = found(query["end"]);
  const revoking = found(query["revoke"]);
  const requestedId = DIALOGS.map((name) => query[name]).find((id) => id !== undefined);
  const missing = useMissingItem(requestedId, found(requestedId) !== undefined, tokens);
  const create = (
    <Button variant="primary" onClick={() => setQuery({ create: "" }, true)}>
      <Plus size={16} /> Create token
    </Button>
  );

  return (
    <Page
      title="Tokens"
      lead="Your scripts, SDKs and agents use tokens instead of real keys. A token can do only what you allow, and you can revoke it at any time."
      actions={create}
    >
      <QueryState query={tokens}>
        {(made) =>
          made.length === 0 ? (
            <EmptyState title="No tokens yet" action={create}>
              Create a token for the APIs that a script calls. Use it wherever the API expects its
              own key. It works only through this dashboard.
            </EmptyState>
          ) : (
            <TokenList
              tokens={made}
              onRevoke={(token) => setQuery({ revoke: token.token_id }, true)}
            />
          )
        }
      </QueryState>
      <ErrorBoundary>
        {creating !== undefined && (
          <CreateTokenDialog
            preset={creating}
            keys={keys}
            providers={providers.data ?? []}
            onClose={() => setQuery({ create: undefined })}
          />
        )}
        {missing && (
          <MissingItem
            title="Token"
            onClose={() => setQuery(Object.fromEntries(DIALOGS.map((name) => [name, undefined])))}
          >
            The token {requestedId?.slice(0, 64)} does not exist. It may have been revoked, or the
            link is wrong.
          </MissingItem>
        )}
        {editing !== undefined && (
          <EditToken
            key={editing.token_id}
            token={editing}
            keys={keys}
            providers={providers.data ?? []}
            onClose={() => setQuery({ edit: undefined })}
          />
        )}
        {openToken !== undefined && editing === undefined && (
          <TokenDetails
            key={openToken.token_id}
            token={openToken}
            onClose={() => setQuery({ token: undefined })}
          />
        )}
        {rotating !== undefined && (
          <RotateToken token={rotating} onClose={() => setQuery({ rotate: undefined })} />
        )}
        {ending !== undefined && (
          <EndPrevious
            token={ending}
            onClose={() => setQuery({ end: undefined, token: ending.token_id })}
          />
        )}
        {revoking !== undefined && (
          <RevokeToken token={revoking} onClose={() => setQuery({ revoke: undefined })} />
        )}
      </ErrorBoundary>
    </Page>
  );
}
