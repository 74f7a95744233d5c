import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { PasswordField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useDeleteAccount } from "../../data/account";

/** Delete the account. */
export function DeleteAccount({ username }: { username: string }) {
  const [asking, setAsking] = useState(false);
  return (
    <section class="panel" aria-labelledby="delete">
      <header>
        <h2 id="delete">Delete account</h2>
        <Button onClick={() => setAsking(true)}>Delete account…</Button>
      </header>
      {asking && <DeleteDialog username={username} onClose={() => setAsking(false)} />}
    </section>
  );
}

function DeleteDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const remove = useDeleteAccount();
  const toast = useToast();
  const [typed, setTyped] = useState("");
  const [password, setPassword] = useState("");
  const form = useForm(
    ["typed", "password"],
    async () => {
      await remove(password);
      toast({ text: `The account ${username} and all its data were deleted.` });
    },
    () => (typed === username ? {} : { typed: `Type ${username} to confirm.` }),
  );
  const wrong = form.error?.code === "wrong_password" ? form.error.message : undefined;
  return (
    <Dialog title={`Delete account ${username}?`} onClose={onClose} busy={form.busy}>
      <p>
        This permanently deletes all stored keys, tokens, rate limits, usage and the request log.
        Scripts that use your tokens stop working. The keys themselves remain valid at their
        providers.
      </p>
      <form class="stack" onSubmit={form.submit}>
        <TextField
          label={`Type your username (${username}) to confirm`}
          autocapitalize="off"
          spellcheck={false}
          required
          value={typed}
          onValue={setTyped}
          error={form.at("typed")}
        />
        <PasswordField
          purpose="current"
          label="Your password"
          required
          value={password}
          onValue={setPassword}
          error={form.at("password") ?? wrong}
        />
        {form.wrong && wrong === undefined && <Notice kind="danger">{form.wrong}</Notice>}
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" busy={form.busy}>
            Delete account
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
