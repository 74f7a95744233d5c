import { Plus } from "lucide-preact";
import { Button } from "../components/button";
import { Empty } from "../components/empty";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { usePlace } from "../components/place";
import { useKeys } from "../data/keys";
import { useProviders } from "../data/providers";
import { useTokens } from "../data/tokens";
import { CreateTokenDialog } from "./tokens/create";
import { TokenList } from "./tokens/list";
import { RevokeToken } from "./tokens/revoke";
import "./tokens.css";

/** What scripts and SDKs hold in the place of keys. */
export default function Tokens() {
  const { query, go } = usePlace();
  const tokens = useTokens();
  const keys = useKeys();
  const providers = useProviders();
  const creating = query["create"];
  const revoking = tokens.data?.find(({ token_id }) => token_id === query["revoke"]);
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
      {creating !== undefined && (
        <CreateTokenDialog
          preset={creating}
          keys={keys}
          providers={providers.data ?? []}
          onClose={() => go({ create: undefined })}
        />
      )}
      {revoking !== undefined && (
        <RevokeToken token={revoking} onClose={() => go({ revoke: undefined })} />
      )}
    </Page>
  );
}
