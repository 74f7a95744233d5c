import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button } from "../../components/button";
import { PasswordField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { useHeadingFocus } from "../../components/heading-focus";
import { Logo } from "../../components/logo";
import { Notice } from "../../components/notice";
import { useStatus } from "../../data/status";
import { useServices, useSessionState } from "../../services";

/** Sign in. Afterwards, the requested page opens. */
export default function SignIn() {
  const { session } = useServices();
  const { query } = useLocation();
  const heading = useHeadingFocus("Sign in");
  const state = useSessionState();
  const status = useStatus();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const form = useForm(["username", "password"], () => session.signIn(username, password));
  const next = query["next"];

  return (
    <main class="outside">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>
        Sign in
      </h1>
      {state.kind === "signed-out" && state.reason === "expired" && (
        <Notice kind="info">Your session has ended. Sign in to continue.</Notice>
      )}
      {status.error !== null && (
        <Notice kind="warn">The API does not respond. Check that the server is running.</Notice>
      )}
      <form class="stack" onSubmit={form.submit}>
        <TextField
          label="Username"
          name="username"
          autocomplete="username"
          autocapitalize="off"
          spellcheck={false}
          required
          value={username}
          onValue={setUsername}
          error={form.at("username")}
        />
        <PasswordField
          purpose="current"
          label="Password"
          name="password"
          required
          value={password}
          onValue={setPassword}
          error={form.at("password")}
        />
        {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
        <Button type="submit" variant="primary" busy={form.busy}>
          Sign in
        </Button>
      </form>
      {status.data?.sign_up !== "closed" && (
        <p class="muted">
          No account yet?{" "}
          <a href={next === undefined ? "/sign-up" : `/sign-up?next=${encodeURIComponent(next)}`}>
            Sign up
          </a>
        </p>
      )}
    </main>
  );
}
