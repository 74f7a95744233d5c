import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { type QueryResult, QueryState } from "../../components/query-state";
import { type Key, useKeys } from "../../data/keys";
import { type Provider, useProviders } from "../../data/providers";
import { useCreateToken } from "../../data/tokens";
import { toRequestBody } from "../../logic/tokens/token-draft";
import { useCreatedToken, useServices } from "../../services";
import { TokenForm } from "./form";
import { ShownOnce } from "./shown-once";
import { snippetApis } from "./snippet-apis";

/** Create a token, which CreatedTokenDialog shows. `preset` is the API to select, or empty. */
export default function CreateTokenDialog({
  preset,
  keys,
  providers,
  onClose,
}: {
  preset: string;
  keys: QueryResult<Key[]>;
  providers: Provider[];
  onClose: () => void;
}) {
  const create = useCreateToken();
  const { form } = useServices().createdTokens;
  return (
    <Dialog title="Create token" onClose={onClose}>
      <QueryState query={keys}>
        {(stored) => (
          <TokenForm
            apis={snippetApis(stored, providers)}
            preset={preset}
            token={undefined}
            action="Create token"
            onSubmit={async (draft) => {
              const created = await create({ expires_in: null, ...toRequestBody(draft) });
              // Store it first: the form may be unmounted by now.
              form.set(created);
              onClose();
            }}
            onClose={onClose}
          />
        )}
      </QueryState>
    </Dialog>
  );
}

/** Show a new token once, on whatever page the user navigates to. */
export function CreatedTokenDialog() {
  const { form } = useServices().createdTokens;
  const newToken = useCreatedToken("form");
  const keys = useKeys();
  const providers = useProviders();
  const [warned, setWarned] = useState(false);
  const unsaved = newToken !== undefined && !newToken.copied;

  useEffect(() => {
    if (!unsaved) {
      return undefined;
    }
    const warn = () => setWarned(true);
    addEventListener("popstate", warn);
    return () => removeEventListener("popstate", warn);
  }, [unsaved]);

  function close() {
    if (unsaved && !warned) {
      setWarned(true);
    } else {
      form.dismiss();
    }
  }

  if (newToken === undefined || keys.isPending || providers.isPending) {
    return null;
  }
  return (
    <Dialog title={`The token ${newToken.created.name}`} onClose={close}>
      <ShownOnce
        created={newToken.created}
        apis={snippetApis(keys.data ?? [], providers.data ?? [])}
        warned={warned && unsaved}
        onCopied={() => form.markCopied()}
        onClose={close}
      />
    </Dialog>
  );
}
