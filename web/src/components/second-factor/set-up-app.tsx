import { useEffect, useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { type NewApp, useFactorChanges } from "../../data/second-factor";
import { Button } from "../button";
import { Code } from "../code";
import { useForm } from "../form";
import { Notice } from "../notice";
import { Skeleton } from "../query-state";
import { CodeField } from "./code-field";

/** Set up an authenticator app. `onAdded` receives the recovery codes of a first factor. */
export function SetUpApp({
  onAdded,
  onClose,
}: {
  onAdded: (codes: readonly string[] | undefined) => void;
  onClose: () => void;
}) {
  const { startApp } = useFactorChanges();
  const [app, setApp] = useState<NewApp>();
  const [wrong, setWrong] = useState<string>();

  function start() {
    setWrong(undefined);
    setApp(undefined);
    startApp().then(setApp, (error: unknown) => setWrong(asApiError(error).message));
  }
  // Each dialog asks for one secret.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useEffect(start, []);

  if (app !== undefined) {
    return <ConfirmApp app={app} onAdded={onAdded} onExpired={start} onClose={onClose} />;
  }
  return wrong === undefined ? (
    <Skeleton />
  ) : (
    <>
      <Notice kind="danger">{wrong}</Notice>
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" onClick={start}>
          Try again
        </Button>
      </footer>
    </>
  );
}

function ConfirmApp({
  app,
  onAdded,
  onExpired,
  onClose,
}: {
  app: NewApp;
  onAdded: (codes: readonly string[] | undefined) => void;
  onExpired: () => void;
  onClose: () => void;
}) {
  const { confirmApp } = useFactorChanges();
  const [code, setCode] = useState("");
  const form = useForm(
    ["code"],
    async () => onAdded(await confirmApp(app.pending, code)),
    () =>
      code.trim() === "" ? { code: "Enter the 6 digits that your authenticator app shows." } : {},
  );
  const refused = form.error?.code === "invalid_second_factor" ? form.error.message : undefined;
  return (
    <form class="stack" noValidate onSubmit={form.submit}>
      <p>
        Scan the image with your authenticator app, such as Google Authenticator, 1Password or
        Aegis. On this device, copy the secret into the app instead.
      </p>
      <img
        class="qr-code"
        alt="QR code with the secret for your authenticator app"
        src={`data:image/svg+xml,${encodeURIComponent(app.qr_svg)}`}
      />
      <Code label="Secret" wrap text={app.secret} />
      <CodeField kind="totp" value={code} onValue={setCode} error={refused ?? form.at("code")} />
      {form.wrong && refused === undefined && (
        <Notice
          kind="danger"
          action={
            form.error?.code === "challenge_expired" && (
              <Button size="small" onClick={onExpired}>
                Show a new code
              </Button>
            )
          }
        >
          {form.wrong}
        </Notice>
      )}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Confirm code
        </Button>
      </footer>
    </form>
  );
}
