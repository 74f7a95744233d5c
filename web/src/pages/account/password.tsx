import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { PasswordField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useChangePassword } from "../../data/account";

/**
 * Change the password. All other browsers are signed out; this one, too, if the account has a second
 * factor, which a new session needs.
 */
export function Password({ username, secondFactor }: { username: string; secondFactor: boolean }) {
  const change = useChangePassword();
  const toast = useToast();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const form = useForm(["current_password", "new_password"], async () => {
    await change(username, current, next);
    setCurrent("");
    setNext("");
    toast({ text: "Your password was changed. All other sessions have ended." });
  });
  const wrong = form.error?.code === "wrong_password" ? form.error.message : undefined;
  return (
    <section class="panel" aria-labelledby="password">
      <header>
        <h2 id="password">Password</h2>
      </header>
      <form class="panel-body stack" onSubmit={form.submit}>
        {/* For password managers. */}
        <input hidden autocomplete="username" value={username} readOnly />
        <div class="field-grid">
          <PasswordField
            purpose="current"
            label="Current password"
            required
            value={current}
            onValue={setCurrent}
            error={form.at("current_password") ?? wrong}
          />
          <PasswordField
            purpose="new"
            label="New password"
            hint="At least 8 characters. A passphrase works well."
            minLength={8}
            required
            value={next}
            onValue={setNext}
            error={form.at("new_password")}
          />
        </div>
        {form.wrong && wrong === undefined && <Notice kind="danger">{form.wrong}</Notice>}
        <div class="row">
          <Button type="submit" busy={form.busy}>
            Change password
          </Button>
          <span class="muted small">
            {secondFactor
              ? "All sessions end: you sign in again, here too. Tokens keep working."
              : "You stay signed in here. All other sessions end. Tokens keep working."}
          </span>
        </div>
      </form>
    </section>
  );
}
