import { FingerprintPattern } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { PasswordField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { useHeadingFocus } from "../../components/heading-focus";
import { Logo } from "../../components/logo";
import { Notice } from "../../components/notice";
import { PasskeyObstacle } from "../../components/second-factor/obstacle";
import { offerOf } from "../../data/second-factor";
import { useStatus } from "../../data/status";
import { passkeyObstacle } from "../../passkeys";
import { useServices, useSessionState } from "../../services";
import type { HalfSignedIn } from ".";
import { usePasskeySignIn } from "./passkey-sign-in";

/** Sign in by password or passkey. */
export function PasswordStep({ onHalf }: { onHalf: (half: HalfSignedIn) => void }) {
  const { session } = useServices();
  const { query } = useLocation();
  const heading = useHeadingFocus("Sign in");
  const state = useSessionState();
  const status = useStatus();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const form = useForm(["username", "password"], async () => {
    try {
      await session.signIn(username, password);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "second_factor_required") {
        throw error;
      }
      onHalf({ username, offer: offerOf(error.members) });
    }
  });
  const passkey = usePasskeySignIn();
  const obstacle = passkeyObstacle();
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
      {state.kind === "signed-out" && state.reason === "password-changed" && (
        <Notice kind="ok">Your password was changed. Sign in with the new one.</Notice>
      )}
      {status.error !== null && (
        <Notice kind="warn">The API does not respond. Check that the server is running.</Notice>
      )}
      <form class="stack" onSubmit={form.submit}>
        <TextField
          label="Username"
          name="username"
          autocomplete="username webauthn"
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
      {obstacle === undefined && (
        <>
          <Button busy={passkey.busy} onClick={passkey.start}>
            <FingerprintPattern size={16} aria-hidden="true" /> Sign in with a passkey
          </Button>
          {passkey.wrong && <Notice kind={passkey.wrong.kind}>{passkey.wrong.text}</Notice>}
        </>
      )}
      {obstacle?.kind === "loopback" && (
        <p class="muted small">
          <PasskeyObstacle />
        </p>
      )}
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
