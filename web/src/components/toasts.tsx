import { X } from "lucide-preact";
import { type ComponentChildren, createContext } from "preact";
import { useCallback, useContext, useState } from "preact/hooks";
import { Button, IconButton } from "./button";

export interface Toast {
  readonly text: string;
  /** Something to do about it, such as undoing it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

type Show = (toast: Toast) => void;

const Context = createContext<Show>(() => {});
// Milliseconds; with something to do there is more to read and to decide.
const STAYS = 5_000;
const STAYS_WITH_ACTION = 12_000;

/** Shows a short message of something that has happened. */
export function useToast(): Show {
  return useContext(Context);
}

/** The place where messages appear; read out by screen readers, gone by themselves. */
export function Toasts({ children }: { children: ComponentChildren }) {
  const [toasts, setToasts] = useState<readonly (Toast & { id: number })[]>([]);
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

  return (
    <Context.Provider value={show}>
      {children}
      <div class="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text, action }) => (
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
    </Context.Provider>
  );
}
