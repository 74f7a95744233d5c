import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Answer, Method, Offer } from "../../data/second-factor";
import { getPasskey } from "../../passkeys";
import { Button } from "../button";
import { PasswordField } from "../fields";
import { useForm } from "../form";
import { Notice } from "../notice";
import { CodeField } from "./code-field";

const MISSING: Readonly<Record<Exclude<Method, "passkey">, string>> = {
  totp: "Enter the 6 digits that your authenticator app shows.",
  recovery_code: "Enter one of your recovery codes.",
  password: "Enter your password.",
};

/** The form for one factor. Its errors end with it. */
export function AnswerForm({
  method,
  offer,
  action,
  onAnswer,
  onBusy,
  cancel,
}: {
  method: Method;
  offer: Offer;
  action: string;
  onAnswer: (answer: Answer) => Promise<void>;
  onBusy: (busy: boolean) => void;
  cancel: ComponentChildren;
}) {
  const [text, setText] = useState("");
  const form = useForm(
    ["code", "password"],
    async () => {
      if (method === "passkey") {
        const passkey = await getPasskey(offer.passkey ?? {});
        await onAnswer({ pending: offer.pending, passkey });
      } else if (method === "password") {
        await onAnswer({ password: text });
      } else {
        await onAnswer({ code: text });
      }
    },
    () =>
      method === "passkey" || text.trim() !== ""
        ? {}
        : { [method === "password" ? "password" : "code"]: MISSING[method] },
  );
  useEffect(() => onBusy(form.busy), [form.busy, onBusy]);

  const { error } = form;
  const refused =
    method !== "passkey" &&
    (error?.code === "invalid_second_factor" || error?.code === "wrong_password");
  const atField =
    (refused ? error.message : undefined) ?? form.at(method === "password" ? "password" : "code");
  return (
    <form class="stack" noValidate onSubmit={form.submit}>
      {method === "passkey" && (
        <p class="muted">
          Your browser asks for your fingerprint, your face, a PIN or a security key.
        </p>
      )}
      {(method === "totp" || method === "recovery_code") && (
        <CodeField kind={method} value={text} onValue={setText} error={atField} />
      )}
      {method === "password" && (
        <PasswordField
          purpose="current"
          label="Your password"
          name="password"
          required
          value={text}
          onValue={setText}
          error={atField}
        />
      )}
      {form.wrong && !refused && (
        <Notice kind={error?.code === "passkey_cancelled" ? "info" : "danger"}>{form.wrong}</Notice>
      )}
      <div class="challenge-actions">
        {cancel}
        <Button type="submit" variant="primary" busy={form.busy}>
          {method === "passkey" ? "Use passkey" : action}
        </Button>
      </div>
    </form>
  );
}
