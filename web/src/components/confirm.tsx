import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asApiError } from "../api/problem";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { focusHeading } from "./heading-focus";
import { Notice } from "./notice";

/** Ask for confirmation before a destructive action. `title` and `action` name it. */
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
  /** The dialog closes when it succeeds and shows the error when it rejects. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const confirmed = useRef(false);

  useEffect(
    () => () => {
      // The button that opened the dialog disappears with the deleted item. Runs after the closing
      // dialog has restored the focus.
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
