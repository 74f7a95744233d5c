import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { IconButton } from "./button";
import { ToastOutlet } from "./toasts";

export interface DialogProps {
  title: string;
  /**
   * Called when it is closed by Escape, by its cross, or by a press outside it unless something was
   * typed in it.
   */
  onClose: () => void;
  children: ComponentChildren;
  /** `aside` slides in from the side and leaves the page in view. */
  kind?: "dialog" | "aside";
  /** While its work is under way it stays open. */
  busy?: boolean;
}

/** A native modal dialog, open as long as it is drawn; the focus returns where it came from. */
export function Dialog({ title, onClose, children, kind = "dialog", busy = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  // The form in it that something was typed in.
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
