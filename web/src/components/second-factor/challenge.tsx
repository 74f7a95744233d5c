import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Method, Offer } from "../../data/second-factor";
import { passkeyObstacle } from "../../passkeys";
import { Button } from "../button";
import { Notice } from "../notice";
import { AnswerForm } from "./answer-form";
import { PasskeyObstacle } from "./obstacle";
import "./style.css";

// The order in which they are offered.
const METHODS: Readonly<Record<Method, string>> = {
  passkey: "Use a passkey",
  totp: "Use an authenticator app",
  recovery_code: "Use a recovery code",
  password: "Use your password",
};

/** Ask for one of the factors of an offer: a passkey first, if this page can use one. */
export function Challenge({
  offer,
  action,
  autofocus = false,
  onAnswer,
  onBusy,
  cancel,
}: {
  offer: Offer;
  /** The text of the button that sends a code or the password. */
  action: string;
  /** Focus the first field or button. */
  autofocus?: boolean;
  /** Send what the user answered. Rejects with ApiError. */
  onAnswer: (answer: Answer) => Promise<void>;
  onBusy?: (busy: boolean) => void;
  /** The button that cancels. */
  cancel?: ComponentChildren;
}) {
  const usable = offer.passkey !== undefined && passkeyObstacle() === undefined;
  const methods = (Object.keys(METHODS) as Method[]).filter(
    (method) => offer.methods.includes(method) && (method !== "passkey" || usable),
  );
  const [method, setMethod] = useState(methods[0]);
  const [busy, setBusy] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const focuses = useRef(autofocus);

  useEffect(() => onBusy?.(busy), [busy, onBusy]);
  useEffect(() => {
    if (focuses.current) {
      root.current?.querySelector<HTMLElement>("input, button[type=submit]")?.focus();
    }
    focuses.current = true; // for another method, which the user chooses
  }, [method]);

  const obstructed = offer.methods.includes("passkey") && !usable;
  if (method === undefined) {
    return (
      <>
        <Notice kind="warn">
          <PasskeyObstacle />
        </Notice>
        {cancel && <div class="challenge-actions">{cancel}</div>}
      </>
    );
  }
  return (
    <div class="stack" ref={root}>
      <AnswerForm
        key={method}
        method={method}
        offer={offer}
        action={action}
        onAnswer={onAnswer}
        onBusy={setBusy}
        cancel={cancel}
      />
      {methods.length > 1 && (
        <div class="challenge-others">
          {methods
            .filter((other) => other !== method)
            .map((other) => (
              <Button key={other} disabled={busy} onClick={() => setMethod(other)}>
                {METHODS[other]}
              </Button>
            ))}
        </div>
      )}
      {obstructed && (
        <p class="muted small">
          <PasskeyObstacle />
        </p>
      )}
    </div>
  );
}
