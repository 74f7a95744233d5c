import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { useHeadingFocus } from "../../components/heading-focus";
import { Logo } from "../../components/logo";
import { AddFactorDialog } from "../../components/second-factor/add-dialog";
import { PasskeyObstacle } from "../../components/second-factor/obstacle";
import { passkeyObstacle } from "../../passkeys";
import { useServices } from "../../services";
import "./style.css";

/** Set up the second factor that the server requires. Shown in place of every other page. */
export default function SetUpSecondFactor() {
  const { session } = useServices();
  const heading = useHeadingFocus("Set up a second factor");
  const [adding, setAdding] = useState<"passkey" | "app">();
  const obstacle = passkeyObstacle() !== undefined;
  return (
    <main class="outside set-up">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>
        Set up a second factor
      </h1>
      <p>
        This dashboard requires a second factor from everybody. Add one to continue. You can add
        others later on the account page.
      </p>
      <section class="choice" aria-labelledby="passkey">
        <h2 id="passkey">Passkey</h2>
        <p class="muted">
          {obstacle ? (
            <PasskeyObstacle />
          ) : (
            "Your fingerprint, your face, a PIN or a security key. It replaces your password, too."
          )}
        </p>
        {!obstacle && (
          <Button variant="primary" onClick={() => setAdding("passkey")}>
            Add passkey
          </Button>
        )}
      </section>
      <section class="choice" aria-labelledby="app">
        <h2 id="app">Authenticator app</h2>
        <p class="muted">
          An app on your phone or computer shows a code, which you enter after your password.
        </p>
        <Button variant={obstacle ? "primary" : "plain"} onClick={() => setAdding("app")}>
          Set up app
        </Button>
      </section>
      <p class="muted small">Until then, your personal access tokens keep working.</p>
      <Button onClick={() => session.signOut()}>Sign out</Button>
      {adding !== undefined && (
        <AddFactorDialog kind={adding} taken={[]} onClose={() => setAdding(undefined)} />
      )}
    </main>
  );
}
