import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { unwrap } from "../../api/client";
import { Button } from "../../components/button";
import { PasswordField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { useHeadingFocus } from "../../components/heading-focus";
import { Logo } from "../../components/logo";
import { Notice } from "../../components/notice";
import { useStatus } from "../../data/status";
import { useServices } from "../../services";

/** Create an account and sign in. */
export default function SignUp() {
  const { publicApi, session } = useServices();
  const { query } = useLocation();
  const heading = useHeadingFocus("Sign up");
  const status = useStatus();
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [invitation, setInvitation] = useState("");
  const byInvite = status.data?.sign_up === "invite";
  const form = useForm(["username", "email", "password", "invite_code"], async () => {
    const invite_code = byInvite ? invitation : null;
    await unwrap(
      publicApi.POST("/api/auth/register", { body: { username, email, password, invite_code } }),
    );
    await session.signIn(username, password);
  });
  const taken = form.error?.code === "username_taken" ? form.error.message : undefined;
  const next = query["next"];

  return (
    <main class="outside">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>
        Sign up
      </h1>
      {status.data?.sign_up === "closed" ? (
        <Notice kind="info">Sign-up is closed. Ask the administrator for an account.</Notice>
      ) : (
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
            error={form.at("username") ?? taken}
          />
          <TextField
            label="Email"
            name="email"
            type="email"
            autocomplete="email"
            required
            value={email}
            onValue={setEmail}
            error={form.at("email")}
          />
          <PasswordField
            purpose="new"
            label="Password"
            name="password"
            hint="At least 8 characters. A passphrase works well."
            minLength={8}
            required
            value={password}
            onValue={setPassword}
            error={form.at("password")}
          />
          {byInvite && (
            <TextField
              label="Invite code"
              name="invite_code"
              required
              value={invitation}
              onValue={setInvitation}
              error={form.at("invite_code")}
            />
          )}
          {form.wrong && taken === undefined && <Notice kind="danger">{form.wrong}</Notice>}
          <Button type="submit" variant="primary" busy={form.busy}>
            Sign up
          </Button>
        </form>
      )}
      <p class="muted">
        Already have an account?{" "}
        <a href={next === undefined ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`}>
          Sign in
        </a>
      </p>
    </main>
  );
}
