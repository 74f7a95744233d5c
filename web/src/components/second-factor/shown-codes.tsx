import { Download, Printer } from "lucide-preact";
import { useState } from "preact/hooks";
import { useProfile } from "../../data/profile";
import { download } from "../../download";
import { formatDay } from "../../logic/format/time";
import { codesFile } from "../../logic/second-factor/recovery-codes";
import { useAutofocus } from "../autofocus";
import { Button } from "../button";
import { CopyButton } from "../copy";
import { Notice } from "../notice";
import "./style.css";

/** New recovery codes, which cannot be shown again. */
export function ShownCodes({
  codes,
  warned,
  onDone,
}: {
  codes: readonly string[];
  /** The user tried to leave without confirming. */
  warned: boolean;
  onDone: () => void;
}) {
  const root = useAutofocus<HTMLDivElement>();
  const { username = "you" } = useProfile().data ?? {};
  const [now] = useState(() => Date.now() / 1000);
  const file = codesFile(codes, { username, address: location.host, day: formatDay(now) });
  return (
    <div class="stack" ref={root}>
      <Notice kind="warn">
        <strong>Save these codes now.</strong> They are not shown again. If you lose your other
        factors, a recovery code is the only way in.
      </Notice>
      <section class="recovery-codes" aria-label="Recovery codes">
        <p class="only-in-print">
          Recovery codes for {username} at {location.host}, created on {formatDay(now)}. Each works
          once.
        </p>
        <ol>
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
      </section>
      <div class="row">
        <CopyButton text={codes.join("\n")} label="Copy codes" autofocus />
        <Button
          size="small"
          onClick={() =>
            download(new Blob([file], { type: "text/plain" }), "api-dashboard-recovery-codes.txt")
          }
        >
          <Download size={14} aria-hidden="true" /> Download
        </Button>
        <Button size="small" onClick={() => print()}>
          <Printer size={14} aria-hidden="true" /> Print
        </Button>
      </div>
      <p class="muted small">
        Keep them where you keep passwords, but not only on the device that has your passkey or
        authenticator app. Each code works once.
      </p>
      {warned && (
        <Notice kind="danger">
          You have not confirmed that you saved the codes. If you leave now, they are lost, and you
          have to create new ones.
        </Notice>
      )}
      <div class="challenge-actions">
        <Button variant="primary" onClick={onDone}>
          I saved them
        </Button>
      </div>
    </div>
  );
}
