import { Plus } from "lucide-preact";
import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../components/button";
import { Empty } from "../components/empty";
import { Gone, useGone } from "../components/gone";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { pageCode } from "../components/page-code";
import { usePlace } from "../components/place";
import { useKeys } from "../data/keys";
import { useProviders } from "../data/providers";
import { useTokens } from "../data/tokens";
import { TokenList } from "./tokens/list";
import "./tokens.css";

const CreateTokenDialog = lazy(() => pageCode(() => import("./tokens/create")));
const TokenDetails = lazy(() => pageCode(() => import("./tokens/details")));
const EditToken = lazy(() => pageCode(() => import("./tokens/edit")));
const RevokeToken = lazy(() => pageCode(() => import("./tokens/revoke")));

/** What scripts and SDKs hold in the place of keys. */
export default function Tokens() {
  const { query, go } = usePlace();
  const tokens = useTokens();
  const keys = useKeys();
  const providers = useProviders();
  const creating = query["create"];
  const found = (id: string | undefined) => tokens.data?.find(({ token_id }) => token_id === id);
  const shown = found(query["token"]);
  const editing = found(query["edit"]);
  const revoking = found(query["revoke"]);
  const asked = query["token"] ?? query["edit"] ?? query["revoke"];
  const gone = useGone(asked, found(asked) !== undefined, tokens);
  const create = (
    <Button variant="primary" onClick={() => go({ create: "" }, true)}>
      <Plus size={16} /> Make a token
    </Button>
  );

  return (
    <Page
      title="Tokens"
      lead="What your scripts, SDKs and agents hold in the place of real keys. A token can do only what you gave it, and you can end it at any time."
      actions={create}
    >
      <Loaded query={tokens}>
        {(made) =>
          made.length === 0 ? (
            <Empty title="No tokens yet" action={create}>
              Make a token for the APIs that a script calls. It goes where the API’s own key would
              go, and nowhere else does it work.
            </Empty>
          ) : (
            <TokenList tokens={made} onRevoke={(token) => go({ revoke: token.token_id }, true)} />
          )
        }
      </Loaded>
      <ErrorBoundary>
        {creating !== undefined && (
          <CreateTokenDialog
            preset={creating}
            keys={keys}
            providers={providers.data ?? []}
            onClose={() => go({ create: undefined })}
          />
        )}
        {gone && (
          <Gone
            title="Token"
            onClose={() => go({ token: undefined, edit: undefined, revoke: undefined })}
          >
            The token {asked?.slice(0, 64)} is not among yours. It was revoked, or the link to it is
            wrong.
          </Gone>
        )}
        {editing !== undefined && (
          <EditToken
            key={editing.token_id}
            token={editing}
            keys={keys}
            providers={providers.data ?? []}
            onClose={() => go({ edit: undefined })}
          />
        )}
        {shown !== undefined && editing === undefined && (
          <TokenDetails
            key={shown.token_id}
            token={shown}
            onClose={() => go({ token: undefined })}
          />
        )}
        {revoking !== undefined && (
          <RevokeToken token={revoking} onClose={() => go({ revoke: undefined })} />
        )}
      </ErrorBoundary>
    </Page>
  );
}
