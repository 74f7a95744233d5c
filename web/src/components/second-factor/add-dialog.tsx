import { useState } from "preact/hooks";
import { useFactorChanges } from "../../data/second-factor";
import { Dialog } from "../dialog";
import { useToast } from "../toasts";
import { AddPasskey } from "./add-passkey";
import { SetUpApp } from "./set-up-app";
import { ShownCodes } from "./shown-codes";

const TITLES = { passkey: "Add passkey", app: "Set up authenticator app" };

/** Add a second factor, and show the recovery codes that come with the first one. */
export function AddFactorDialog({
  kind,
  taken,
  onClose,
}: {
  kind: keyof typeof TITLES;
  /** The names of the other passkeys. */
  taken: readonly string[];
  onClose: () => void;
}) {
  const { refresh } = useFactorChanges();
  const toast = useToast();
  const [shown, setShown] = useState<{ codes: readonly string[]; text: string }>();
  const [busy, setBusy] = useState(false);
  const [warned, setWarned] = useState(false);

  function added(text: string, made: readonly string[] | undefined) {
    if (made === undefined) {
      finish(text);
    } else {
      setShown({ codes: made, text });
    }
  }

  function finish(text: string) {
    toast({ text });
    onClose();
    // Not earlier: a page that requires a factor would close, and the codes would be lost.
    refresh();
  }

  function close() {
    if (shown === undefined) {
      onClose();
    } else if (warned) {
      finish(shown.text);
    } else {
      setWarned(true);
    }
  }

  return (
    <Dialog
      title={shown === undefined ? TITLES[kind] : "Your recovery codes"}
      busy={busy}
      onClose={close}
    >
      {shown !== undefined ? (
        <ShownCodes codes={shown.codes} warned={warned} onDone={() => finish(shown.text)} />
      ) : kind === "passkey" ? (
        <AddPasskey
          taken={taken}
          onBusy={setBusy}
          onClose={onClose}
          onAdded={(name, made) => added(`The passkey ${name} was added.`, made)}
        />
      ) : (
        <SetUpApp
          onClose={onClose}
          onAdded={(made) => added("Your authenticator app was set up.", made)}
        />
      )}
    </Dialog>
  );
}
