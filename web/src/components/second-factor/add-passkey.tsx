import { useState } from "preact/hooks";
import { useFactorChanges } from "../../data/second-factor";
import { suggestedName } from "../../logic/second-factor/passkey-name";
import { Button } from "../button";
import { TextField } from "../fields";
import { useForm } from "../form";
import { Notice } from "../notice";
import { useAutofocus } from "../autofocus";

/** Create a passkey with a name. `onAdded` receives the recovery codes that come with the first. */
export function AddPasskey({
  taken,
  onAdded,
  onBusy,
  onClose,
}: {
  /** The names of the other passkeys. */
  taken: readonly string[];
  onAdded: (name: string, codes: readonly string[] | undefined) => void;
  onBusy: (busy: boolean) => void;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLFormElement>();
  const { addPasskey } = useFactorChanges();
  const [name, setName] = useState(() => suggestedName(navigator.userAgent, taken));
  const form = useForm(
    ["name"],
    async () => {
      onBusy(true);
      try {
        onAdded(name.trim(), await addPasskey(name.trim()));
      } finally {
        onBusy(false);
      }
    },
    () => (name.trim() === "" ? { name: "Enter a name for the passkey." } : {}),
  );
  return (
    <form class="stack" ref={root} noValidate onSubmit={form.submit}>
      <p>
        Your browser then asks you to save a passkey: on this device, on a phone, in a password
        manager or on a security key.
      </p>
      <TextField
        label="Name"
        hint="To recognise it in the list."
        maxLength={100}
        required
        autofocus
        value={name}
        onValue={setName}
        error={form.at("name")}
      />
      {form.wrong && (
        <Notice kind={form.error?.code === "passkey_cancelled" ? "info" : "danger"}>
          {form.wrong}
        </Notice>
      )}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Add passkey
        </Button>
      </footer>
    </form>
  );
}
