import { Dialog } from "../../components/dialog";
import { type QueryResult, QueryState } from "../../components/query-state";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { type Token, useChangeToken } from "../../data/tokens";
import { changedFields, lostReservations, type TokenDraft } from "../../logic/tokens/token-draft";
import { TokenForm } from "./form";
import { snippetApis } from "./snippet-apis";

/** Edit what a token may do. Its value stays the same. */
export default function EditToken({
  token,
  keys,
  providers,
  onClose,
}: {
  token: Token;
  keys: QueryResult<Key[]>;
  providers: Provider[];
  onClose: () => void;
}) {
  const change = useChangeToken();
  const toast = useToast();

  async function save(draft: TokenDraft) {
    const changes = changedFields(token, draft);
    if (Object.keys(changes).length > 0) {
      const { name } = await change.mutateAsync({ token_id: token.token_id, ...changes });
      toast({ text: `The token ${name} was updated. The change applies from its next call.` });
    }
    onClose();
  }

  return (
    <Dialog title={`Edit token ${token.name}`} onClose={onClose}>
      <QueryState query={keys}>
        {(stored) => (
          <TokenForm
            apis={snippetApis(stored, providers, token.apis)}
            preset=""
            token={token}
            action="Save changes"
            onSubmit={save}
            onClose={onClose}
            note={(draft) => <LostReservations token={token} draft={draft} />}
          />
        )}
      </QueryState>
    </Dialog>
  );
}

/** The reservations that a change would end. */
function LostReservations({ token, draft }: { token: Token; draft: TokenDraft }) {
  const lost = lostReservations(token.reservations, draft);
  return lost.length === 0 ? null : (
    <Notice kind="warn">This removes its reservations for {lost.join(", ")}.</Notice>
  );
}
