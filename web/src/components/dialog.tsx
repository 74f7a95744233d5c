import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { IconButton } from "./button";
import { ToastOutlet } from "./toasts";

export interface DialogProps {
  title: string;
  /** Called on Escape, on the close button, and on a click outside unless something was typed. */
  onClose: () => void;
  children: ComponentChildren;
  /** `aside` is a panel at the side that leaves the page visible. */
  kind?: "dialog" | "aside";
  /** Its action is in progress: it stays open. */
  busy?: boolean;
}

/** A native modal dialog, open while it is rendered. Closing it restores the focus. */
export function Dialog({ title, onClose, children, kind = "dialog", busy = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  // The form that was edited.
  const typed = useRef<Element | null>(null);
  const heading = useId();

  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);

  return (
    <dialog
      ref={element}
      class={kind}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) {
          onClose();
        }
      }}
      onMouseDown={(event) => {
        if (event.target === element.current && !busy && !typed.current?.isConnected) {
          onClose();
        }
      }}
    >
      <div
        class="dialog-body"
        onInput={(event) => {
          typed.current ??= event.target instanceof Element ? event.target.closest("form") : null;
        }}
      >
        <header class="dialog-head">
          <h2 id={heading}>{title}</h2>
          <IconButton label="Close" onClick={() => !busy && onClose()}>
            <X size={16} />
          </IconButton>
        </header>
        {children}
      </div>
      <ToastOutlet />
    </dialog>
  );
}
