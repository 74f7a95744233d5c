import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { type Asked, Loaded } from "../../components/loaded";
import { type Key, useKeys } from "../../data/keys";
import { type Provider, useProviders } from "../../data/providers";
import { useCreateToken } from "../../data/tokens";
import { bodyOf } from "../../logic/token-draft";
import { useMadeToken, useServices } from "../../services";
import { TokenForm } from "./form";
import { ShownOnce } from "./shown-once";
import { snippetApis } from "./snippet-apis";

/** Makes a token, which `CreatedToken` shows. `preset` is an API that it shall be for, or empty. */
export default function CreateTokenDialog({
  preset,
  keys,
  providers,
  onClose,
}: {
  preset: string;
  keys: Asked<Key[]>;
  providers: Provider[];
  onClose: () => void;
}) {
  const create = useCreateToken();
  const { form } = useServices().made;
  return (
    <Dialog title="Make a token" onClose={onClose}>
      <Loaded query={keys}>
        {(stored) => (
          <TokenForm
            apis={snippetApis(stored, providers)}
            preset={preset}
            token={undefined}
            action="Make the token"
            onSubmit={async (draft) => {
              const created = await create({ expires_in: null, ...bodyOf(draft) });
              // Held first: what draws the form may be gone by now.
              form.hold(created);
              onClose();
            }}
            onClose={onClose}
          />
        )}
      </Loaded>
    </Dialog>
  );
}

/** Shows the token that was made, this once, over whatever page Back leads to. */
export function CreatedToken() {
  const { form } = useServices().made;
  const made = useMadeToken("form");
  const keys = useKeys();
  const providers = useProviders();
  const [warned, setWarned] = useState(false);
  const unsaved = made !== undefined && !made.copied;

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

  if (made === undefined || keys.isPending || providers.isPending) {
    return null;
  }
  return (
    <Dialog title={`The token ${made.created.name}`} onClose={close}>
      <ShownOnce
        created={made.created}
        apis={snippetApis(keys.data ?? [], providers.data ?? [])}
        warned={warned && unsaved}
        onCopied={() => form.copied()}
        onClose={close}
      />
    </Dialog>
  );
}
