import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { useHeadingFocus } from "../../components/heading-focus";
import { Logo } from "../../components/logo";
import { Challenge } from "../../components/second-factor/challenge";
import { useToast } from "../../components/toasts";
import { pluralize } from "../../logic/format/numbers";
import { useServices } from "../../services";
import type { HalfSignedIn } from ".";

/** The second step of a sign-in: a passkey, a code of an authenticator app, or a recovery code. */
export function SecondStep({
  signIn: { username, offer },
  onBack,
}: {
  signIn: HalfSignedIn;
  onBack: () => void;
}) {
  const { session } = useServices();
  const toast = useToast();
  const heading = useHeadingFocus("Confirm that it is you");
  const [busy, setBusy] = useState(false);
  return (
    <main class="outside">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>
        Confirm that it is you
      </h1>
      <p>
        Your password is right. To sign in as <b class="break">{username}</b>, use your second
        factor, too.
      </p>
      <Challenge
        offer={offer}
        action="Sign in"
        onBusy={setBusy}
        onAnswer={async (answer) => {
          const left = await session.signInWith("second-factor", {
            pending: offer.pending,
            ...answer,
          });
          if (left !== undefined) {
            toast({ text: `You used a recovery code. ${pluralize(left, "code")} left.` });
          }
        }}
      />
      <Button variant="quiet" disabled={busy} onClick={onBack}>
        Back to the start
      </Button>
    </main>
  );
}
