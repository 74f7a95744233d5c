import { X } from "lucide-preact";
import { type ComponentChildren, createContext } from "preact";
import { useCallback, useContext, useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "./button";
import { focusHeading } from "./heading-focus";

export interface Toast {
  readonly text: string;
  /** An action such as undo. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

type Show = (toast: Toast) => void;
type Numbered = Toast & { readonly id: number; readonly until: number };

interface ToastState {
  readonly toasts: readonly Numbered[];
  readonly remove: (id: number) => void;
  /** Keep the toasts while the pointer or the focus is on them. */
  readonly hold: (change: { readonly pointer?: boolean; readonly focus?: boolean }) => void;
  /**
   * The outlets in open dialogs. Toasts appear in the last one, or on the page if there is none.
   */
  readonly outlets: readonly string[];
  readonly setOutlets: (change: (outlets: readonly string[]) => readonly string[]) => void;
}

const Showing = createContext<Show>(() => {});
const Context = createContext<ToastState>({
  toasts: [],
  remove: () => {},
  hold: () => {},
  outlets: [],
  setOutlets: () => {},
});
// Milliseconds. A toast with an action takes longer to read.
const STAYS = 5_000;
const STAYS_WITH_ACTION = 12_000;
const FREE = { pointer: false, focus: false };

/** Return a function that shows a short message. */
export function useToast(): Show {
  return useContext(Showing);
}

/** Hold the toasts and remove them after a while. */
export function Toasts({ children }: { children: ComponentChildren }) {
  const [toasts, setToasts] = useState<readonly Numbered[]>([]);
  const [outlets, setOutlets] = useState<readonly string[]>([]);
  const [held, setHeld] = useState(FREE);
  const left = useRef(0);
  const stays = held.pointer || held.focus;
  const remove = useCallback(
    (id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)),
    [],
  );
  const show = useCallback<Show>((toast) => {
    const id = Math.random();
    const until = Date.now() + (toast.action ? STAYS_WITH_ACTION : STAYS);
    setToasts((now) => [...now.slice(-2), { ...toast, id, until }]);
  }, []);
  const hold = useCallback<ToastState["hold"]>(
    (change) => setHeld((now) => ({ ...now, ...change })),
    [],
  );

  useEffect(() => {
    if (toasts.length === 0) {
      setHeld(FREE); // removed toasts send no leave event
    }
    if (stays) {
      return () => {
        left.current = Date.now();
      };
    }
    // After the pointer or focus leaves, toasts stay a while longer.
    const least = left.current + STAYS;
    const timers = toasts.map(({ id, until }) =>
      setTimeout(() => remove(id), Math.max(until, least) - Date.now()),
    );
    return () => timers.forEach(clearTimeout);
  }, [toasts, stays, remove]);
  const shown = useMemo(
    () => ({ toasts, remove, hold, outlets, setOutlets }),
    [toasts, remove, hold, outlets, setOutlets],
  );

  return (
    <Showing.Provider value={show}>
      <Context.Provider value={shown}>
        {children}
        <List at={outlets.length === 0} />
      </Context.Provider>
    </Showing.Provider>
  );
}

/**
 * Where toasts appear while a modal dialog is open: inside it, because everything outside is inert.
 */
export function ToastOutlet() {
  const { outlets, setOutlets } = useContext(Context);
  const outlet = useId();
  useEffect(() => {
    setOutlets((now) => [...now, outlet]);
    return () => setOutlets((now) => now.filter((other) => other !== outlet));
  }, [outlet, setOutlets]);
  return <List at={outlets.at(-1) === outlet} />;
}

/** The toasts, announced by screen readers, if they appear `at` this outlet. */
function List({ at }: { at: boolean }) {
  const { toasts, remove, hold } = useContext(Context);
  const list = useRef<HTMLDivElement>(null);
  const from = useRef<HTMLElement>();

  // An outlet that disappears sends no leave event.
  useEffect(() => (at ? () => hold(FREE) : undefined), [at, hold]);

  /** Remove a toast and move the focus back to where it came from. */
  function close(id: number) {
    if (list.current?.contains(document.activeElement)) {
      const back = from.current;
      if (back?.isConnected && back !== document.body) {
        back.focus({ preventScroll: true });
      } else {
        focusStart(list.current);
      }
    }
    remove(id);
  }

  return (
    <div
      class={at ? "toasts" : "toasts-elsewhere"}
      role="status"
      aria-live="polite"
      ref={list}
      onPointerEnter={() => hold({ pointer: true })}
      onPointerLeave={() => hold({ pointer: false })}
      onFocusIn={({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && list.current?.contains(relatedTarget))) {
          from.current = relatedTarget instanceof HTMLElement ? relatedTarget : undefined;
        }
        hold({ focus: true });
      }}
      onFocusOut={() => hold({ focus: false })}
    >
      {at &&
        toasts.map(({ id, text, action }) => (
          <div class="toast" key={id}>
            <span>{text}</span>
            {action && (
              <Button
                size="small"
                onClick={() => {
                  close(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <IconButton label="Dismiss" size="small" onClick={() => close(id)}>
              <X size={14} />
            </IconButton>
          </div>
        ))}
    </div>
  );
}

/** Focus the first button of a dialog, or the page's heading. */
function focusStart(list: Element): void {
  const dialog = list.closest("dialog");
  if (dialog === null) {
    focusHeading();
  } else {
    dialog.querySelector<HTMLElement>("button")?.focus();
  }
}
