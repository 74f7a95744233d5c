import { useState } from "preact/hooks";
import type { Session } from "../../api/session";
import type { RequestDraft } from "../../logic/playground/compose";
import { useServices } from "../../services";

/** A request that was sent from this tab. */
export interface SentRequest {
  readonly id: number;
  /** Epoch seconds. */
  readonly at: number;
  readonly draft: RequestDraft;
  /** Undefined without a response. */
  readonly status: number | undefined;
}

const MAX_ENTRIES = 20;
// Only in the memory of this tab, because bodies may contain secrets.
let entries: readonly SentRequest[] = [];
let count = 0;
const watched = new WeakSet<Session>();

/** The sent requests, newest first, until the tab is closed or the user signs out. */
export function useRequestHistory() {
  const { session } = useServices();
  const [shown, setShown] = useState(entries);
  const change = (next: readonly SentRequest[]) => {
    entries = next;
    setShown(next);
  };
  clearOnSignOut(session);
  return {
    sent: shown,
    add: (draft: RequestDraft, status: number | undefined) => {
      count += 1;
      change(
        [{ id: count, at: Date.now() / 1000, draft, status }, ...entries].slice(0, MAX_ENTRIES),
      );
    },
    clear: () => change([]),
  };
}

function clearOnSignOut(session: Session): void {
  if (!watched.has(session)) {
    watched.add(session);
    session.subscribe(() => {
      if (session.state.kind === "signed-out") {
        entries = [];
      }
    });
  }
}
