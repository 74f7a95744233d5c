import { useState } from "preact/hooks";
import type { Session } from "../../api/session";
import type { Draft } from "../../logic/compose";
import { useServices } from "../../services";

/** A request that was sent from this tab. */
export interface Sent {
  readonly id: number;
  /** Epoch seconds. */
  readonly at: number;
  readonly draft: Draft;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
}

const MOST = 20;
// In memory alone and for this tab alone: bodies may hold what nobody else is to see.
let sent: readonly Sent[] = [];
let count = 0;
const watched = new WeakSet<Session>();

/** What was sent, the newest first, until the tab is closed or its user signs out. */
export function useHistory() {
  const { session } = useServices();
  const [shown, setShown] = useState(sent);
  const change = (next: readonly Sent[]) => {
    sent = next;
    setShown(next);
  };
  forgetWith(session);
  return {
    sent: shown,
    add: (draft: Draft, status: number | undefined) => {
      count += 1;
      change([{ id: count, at: Date.now() / 1000, draft, status }, ...sent].slice(0, MOST));
    },
    clear: () => change([]),
  };
}

function forgetWith(session: Session): void {
  if (!watched.has(session)) {
    watched.add(session);
    session.subscribe(() => {
      if (session.state.kind === "signed-out") {
        sent = [];
      }
    });
  }
}
