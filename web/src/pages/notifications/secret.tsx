import { useState } from "preact/hooks";
import { useAutofocus } from "../../components/autofocus";
import { Button } from "../../components/button";
import { Code } from "../../components/code";
import { Dialog } from "../../components/dialog";
import { Notice } from "../../components/notice";
import { Segmented } from "../../components/segmented";
import {
  VERIFY_LANGUAGES,
  type VerifyLanguage,
  verifySnippet,
} from "../../logic/notifications/verify-snippets";
import type { ShownSecret } from "./dialogs";

/** A webhook's new secret with code that verifies signatures. It cannot be shown again. */
export function SecretDialog({ shown, onClose }: { shown: ShownSecret; onClose: () => void }) {
  const root = useAutofocus<HTMLDivElement>();
  const [copied, setCopied] = useState(false);
  const [warned, setWarned] = useState(false);
  const [language, setLanguage] = useState<VerifyLanguage>("python");

  function close() {
    if (copied || warned) {
      onClose();
    } else {
      setWarned(true);
    }
  }

  return (
    <Dialog title={`The signing secret of ${shown.name}`} onClose={close}>
      <div class="stack" ref={root}>
        <Notice kind="warn">
          <strong>Copy the secret now.</strong> It is not shown again. {shown.note}
        </Notice>
        <Code
          label="Signing secret"
          wrap
          text={shown.secret}
          autofocus
          onCopied={() => setCopied(true)}
        />
        <h3>Verify the requests</h3>
        <p class="muted">
          Requests are signed as <a href="https://www.standardwebhooks.com">Standard Webhooks</a>{" "}
          describes. Store the secret in <code>WEBHOOK_SECRET</code> and reject requests whose
          signature does not match. A request that is repeated has the same <code>webhook-id</code>.
        </p>
        <div>
          <Segmented
            label="Language"
            value={language}
            options={VERIFY_LANGUAGES}
            onValue={setLanguage}
          />
        </div>
        <Code
          label={language === "python" ? "Python" : "JavaScript"}
          text={verifySnippet(language)}
        />
        {warned && !copied && (
          <Notice kind="danger">
            You have not copied the secret. If you close this dialog, you have to replace it to get
            another one.
          </Notice>
        )}
        <footer class="actions">
          <Button variant={warned && !copied ? "danger" : "primary"} onClick={close}>
            {warned && !copied ? "Close without copying" : "Done"}
          </Button>
        </footer>
      </div>
    </Dialog>
  );
}
