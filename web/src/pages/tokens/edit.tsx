import { Dialog } from "../../components/dialog";
import { type Asked, Loaded } from "../../components/loaded";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { type Token, useChangeToken } from "../../data/tokens";
import { changesOf, lostReservations, type TokenDraft } from "../../logic/token-draft";
import { TokenForm } from "./form";
import { snippetApis } from "./snippet-apis";

/** Changes what a token may do. The token itself stays as it is, wherever it is held. */
export default function EditToken({
  token,
  keys,
  providers,
  onClose,
}: {
  token: Token;
  keys: Asked<Key[]>;
  providers: Provider[];
  onClose: () => void;
}) {
  const change = useChangeToken();
  const toast = useToast();

  async function save(draft: TokenDraft) {
    const changes = changesOf(token, draft);
    if (Object.keys(changes).length > 0) {
      const { name } = await change.mutateAsync({ token_id: token.token_id, ...changes });
      toast({ text: `The token ${name} is changed. It holds from its next call on.` });
    }
    onClose();
  }

  return (
    <Dialog title={`Edit the token ${token.name}`} onClose={onClose}>
      <Loaded query={keys}>
        {(stored) => (
          <TokenForm
            apis={snippetApis(stored, providers, token.apis)}
            preset=""
            token={token}
            action="Save"
            onSubmit={save}
            onClose={onClose}
            note={(draft) => <Losses token={token} draft={draft} />}
          />
        )}
      </Loaded>
    </Dialog>
  );
}

/** What else a change would end. */
function Losses({ token, draft }: { token: Token; draft: TokenDraft }) {
  const lost = lostReservations(token.reservations, draft);
  return lost.length === 0 ? null : (
    <Notice kind="warn">What is reserved for it of {lost.join(", ")} ends with that.</Notice>
  );
}
