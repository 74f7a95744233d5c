import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asApiError } from "../api/problem";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { focusHeading } from "./heading-focus";
import { Notice } from "./notice";

/** Asks once before something is destroyed; `title` and `action` name what. */
export function Confirm({
  title,
  action,
  children,
  onConfirm,
  onClose,
}: {
  title: string;
  action: string;
  children: ComponentChildren;
  /** Closes the dialog by itself when it succeeds; a rejection is shown. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const confirmed = useRef(false);

  useEffect(
    () => () => {
      // What was pressed to open it goes with what is destroyed. After the dialog has closed, which
      // gives the focus back.
      if (confirmed.current) {
        queueMicrotask(focusHeading);
      }
    },
    [],
  );

  async function confirm() {
    setBusy(true);
    confirmed.current = true;
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      confirmed.current = false;
      setWrong(asApiError(error).message);
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} onClose={onClose} busy={busy}>
      <div class="stack">{children}</div>
      {wrong && <Notice kind="danger">{wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="danger" busy={busy} onClick={confirm}>
          {action}
        </Button>
      </footer>
    </Dialog>
  );
}
