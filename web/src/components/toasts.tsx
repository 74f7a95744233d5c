import { X } from "lucide-preact";
import { type ComponentChildren, createContext } from "preact";
import { useCallback, useContext, useEffect, useId, useMemo, useState } from "preact/hooks";
import { Button, IconButton } from "./button";

export interface Toast {
  readonly text: string;
  /** Something to do about it, such as undoing it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

type Show = (toast: Toast) => void;
type Numbered = Toast & { readonly id: number };

interface Shown {
  readonly toasts: readonly Numbered[];
  readonly remove: (id: number) => void;
  /** The places in modal dialogs; messages appear in the last one, without any on the page. */
  readonly places: readonly string[];
  readonly setPlaces: (change: (places: readonly string[]) => readonly string[]) => void;
}

const Showing = createContext<Show>(() => {});
const Context = createContext<Shown>({
  toasts: [],
  remove: () => {},
  places: [],
  setPlaces: () => {},
});
// Milliseconds; with something to do there is more to read and to decide.
const STAYS = 5_000;
const STAYS_WITH_ACTION = 12_000;

/** Shows a short message of something that has happened. */
export function useToast(): Show {
  return useContext(Showing);
}

/** Keeps the messages, which are gone by themselves after a while. */
export function Toasts({ children }: { children: ComponentChildren }) {
  const [toasts, setToasts] = useState<readonly Numbered[]>([]);
  const [places, setPlaces] = useState<readonly string[]>([]);
  const remove = useCallback(
    (id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)),
    [],
  );
  const show = useCallback<Show>(
    (toast) => {
      const id = Math.random();
      setToasts((now) => [...now.slice(-2), { ...toast, id }]);
      setTimeout(() => remove(id), toast.action ? STAYS_WITH_ACTION : STAYS);
    },
    [remove],
  );
  const shown = useMemo(
    () => ({ toasts, remove, places, setPlaces }),
    [toasts, remove, places, setPlaces],
  );

  return (
    <Showing.Provider value={show}>
      <Context.Provider value={shown}>
        {children}
        <List at={places.length === 0} />
      </Context.Provider>
    </Showing.Provider>
  );
}

/**
 * Where messages appear while a modal dialog is open: in it, since whatever is outside can neither
 * be seen well nor pressed.
 */
export function ToastPlace() {
  const { places, setPlaces } = useContext(Context);
  const place = useId();
  useEffect(() => {
    setPlaces((now) => [...now, place]);
    return () => setPlaces((now) => now.filter((other) => other !== place));
  }, [place, setPlaces]);
  return <List at={places.at(-1) === place} />;
}

/** The messages, read out by screen readers, if they appear `at` this place. */
function List({ at }: { at: boolean }) {
  const { toasts, remove } = useContext(Context);
  return (
    <div class={at ? "toasts" : "toasts-elsewhere"} role="status" aria-live="polite">
      {at &&
        toasts.map(({ id, text, action }) => (
          <div class="toast" key={id}>
            <span>{text}</span>
            {action && (
              <Button
                size="small"
                onClick={() => {
                  remove(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <IconButton label="Dismiss" size="small" onClick={() => remove(id)}>
              <X size={14} />
            </IconButton>
          </div>
        ))}
    </div>
  );
}
