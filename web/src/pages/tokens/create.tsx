import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { type Asked, Loaded } from "../../components/loaded";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { type CreatedToken, useCreateToken } from "../../data/tokens";
import { bodyOf } from "../../logic/token-draft";
import { TokenForm } from "./form";
import { ShownOnce } from "./shown-once";
import { snippetApis } from "./snippet-apis";

/** Makes a token and shows it, this once. `preset` is an API that it shall be for, or empty. */
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
  const [created, setCreated] = useState<CreatedToken>();
  const [copied, setCopied] = useState(false);
  const [warned, setWarned] = useState(false);
  const unsaved = created !== undefined && !copied;

  useEffect(() => {
    if (!unsaved) {
      return undefined;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);

  function close() {
    if (unsaved && !warned) {
      setWarned(true);
    } else {
      setCreated(undefined);
      onClose();
    }
  }

  return (
    <Dialog
      title={created === undefined ? "Make a token" : `The token ${created.name}`}
      onClose={close}
    >
      {created === undefined ? (
        <Loaded query={keys}>
          {(stored) => (
            <TokenForm
              apis={snippetApis(stored, providers)}
              preset={preset}
              token={undefined}
              action="Make the token"
              onSubmit={async (draft) =>
                setCreated(await create({ expires_in: null, ...bodyOf(draft) }))
              }
              onClose={onClose}
            />
          )}
        </Loaded>
      ) : (
        <ShownOnce
          created={created}
          apis={snippetApis(keys.data ?? [], providers)}
          warned={warned && !copied}
          onCopied={() => setCopied(true)}
          onClose={close}
        />
      )}
    </Dialog>
  );
}
