import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Confirm } from "../../components/confirm";
import { Dialog } from "../../components/dialog";
import { TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { ShownCodes } from "../../components/second-factor/shown-codes";
import { useToast } from "../../components/toasts";
import { type Passkey, useFactorChanges } from "../../data/second-factor";

/** Rename a passkey. */
export function RenamePasskey({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const { renamePasskey } = useFactorChanges();
  const [name, setName] = useState(passkey.name);
  const form = useForm(
    ["name"],
    async () => {
      await renamePasskey(passkey.passkey_id, name.trim());
      onClose();
    },
    () => (name.trim() === "" ? { name: "Enter a name for the passkey." } : {}),
  );
  return (
    <Dialog title={`Rename passkey ${passkey.name}`} busy={form.busy} onClose={onClose}>
      <form class="stack" noValidate onSubmit={form.submit}>
        <TextField
          label="Name"
          maxLength={100}
          required
          autofocus
          value={name}
          onValue={setName}
          error={form.at("name")}
        />
        {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            Rename
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

const LAST = "It is your only second factor. Without it, your recovery codes no longer work.";

/** Remove a passkey. `last` if it is the only factor. */
export function RemovePasskey({
  passkey: { passkey_id, name },
  last,
  onClose,
}: {
  passkey: Passkey;
  last: boolean;
  onClose: () => void;
}) {
  const { removePasskey } = useFactorChanges();
  const toast = useToast();
  return (
    <Confirm
      title={`Remove passkey ${name}?`}
      action="Remove passkey"
      onClose={onClose}
      onConfirm={async () => {
        await removePasskey(passkey_id);
        toast({ text: `The passkey ${name} was removed.` });
      }}
    >
      <p>
        You can no longer sign in with it. Delete it from your device or password manager, too,
        which do not notice this.
      </p>
      {last && <p>{LAST}</p>}
    </Confirm>
  );
}

/** Remove the authenticator app. `last` if it is the only factor. */
export function RemoveApp({ last, onClose }: { last: boolean; onClose: () => void }) {
  const { removeApp } = useFactorChanges();
  const toast = useToast();
  return (
    <Confirm
      title="Remove authenticator app?"
      action="Remove app"
      onClose={onClose}
      onConfirm={async () => {
        await removeApp();
        toast({ text: "The authenticator app was removed." });
      }}
    >
      <p>Its codes no longer work. Delete the entry from the app, too.</p>
      {last && <p>{LAST}</p>}
    </Confirm>
  );
}

/** Replace the recovery codes and show the new ones. */
export function RenewCodes({ onClose }: { onClose: () => void }) {
  const { renewCodes } = useFactorChanges();
  const [codes, setCodes] = useState<readonly string[]>();
  const [warned, setWarned] = useState(false);
  const form = useForm([], async () => setCodes(await renewCodes()));
  if (codes === undefined) {
    return (
      <Dialog title="Create new recovery codes?" busy={form.busy} onClose={onClose}>
        <form class="stack" onSubmit={form.submit}>
          <p>You get ten new codes. All earlier codes no longer work.</p>
          {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
          <footer class="actions">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" busy={form.busy}>
              Create new codes
            </Button>
          </footer>
        </form>
      </Dialog>
    );
  }
  return (
    <Dialog title="Your recovery codes" onClose={() => (warned ? onClose() : setWarned(true))}>
      <ShownCodes codes={codes} warned={warned} onDone={onClose} />
    </Dialog>
  );
}
