import { useState } from "preact/hooks";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Confirm } from "../../components/confirm";
import { QueryState } from "../../components/query-state";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { type SessionInfo, useEndSessions, useSessions } from "../../data/account";
import { pluralize } from "../../logic/format/numbers";
import { networkText } from "../../logic/format/network";
import { fullTime } from "../../logic/format/time";
import { sessionName } from "../../logic/format/session-name";
import { useServices } from "../../services";

// A program that sent no name.
const UNNAMED = "Unknown device";
// The number of sessions shown at first.
const SHOWN_AT_FIRST = 6;

/** List the user's sessions and end them. */
export function Sessions() {
  const sessions = useSessions();
  const [ending, setEnding] = useState<readonly SessionInfo[]>();
  const [whole, setWhole] = useState(false);
  const others = sessions.data?.filter(({ current }) => !current) ?? [];
  return (
    <section class="panel" aria-labelledby="sessions">
      <header>
        <h2 id="sessions">Sessions</h2>
        {others.length > 1 && (
          <Button size="small" onClick={() => setEnding(others)}>
            End all others
          </Button>
        )}
      </header>
      <QueryState query={sessions}>
        {(all) => (
          <ul class="sessions">
            {all.slice(0, whole ? all.length : SHOWN_AT_FIRST).map((one) => (
              <SessionRow key={one.session_id} session={one} onEnd={() => setEnding([one])} />
            ))}
            {all.length > SHOWN_AT_FIRST && !whole && (
              <li>
                <Button size="small" variant="quiet" onClick={() => setWhole(true)}>
                  Show all {all.length} sessions
                </Button>
              </li>
            )}
          </ul>
        )}
      </QueryState>
      {ending !== undefined && (
        <EndSessionsDialog sessions={ending} onClose={() => setEnding(undefined)} />
      )}
    </section>
  );
}

function SessionRow({ session, onEnd }: { session: SessionInfo; onEnd: () => void }) {
  const services = useServices();
  const name = sessionName(session) || UNNAMED;
  const { source } = session;
  const network = networkText(session.network);
  return (
    <li>
      <div>
        <p class="row">
          <b title={session.user_agent}>{name}</b>
          {session.current && <Badge tone="ok">This session</Badge>}
        </p>
        <p class="muted small break">
          {session.kind === "cookie" ? "Browser" : "Command line or script"} at{" "}
          <span class="mono">{source}</span>
          {network !== source && (
            <>
              , network <span class="mono">{network}</span>
            </>
          )}
        </p>
        <p class="muted small">
          Signed in <Ago at={session.created_at} />, last seen <Ago at={session.refreshed_at} />
        </p>
      </div>
      {session.current ? (
        <Button size="small" onClick={() => services.session.signOut()}>
          Sign out
        </Button>
      ) : (
        <Button size="small" aria-label={`End session on ${name}`} onClick={onEnd}>
          End session
        </Button>
      )}
    </li>
  );
}

function EndSessionsDialog({
  sessions,
  onClose,
}: {
  sessions: readonly SessionInfo[];
  onClose: () => void;
}) {
  const end = useEndSessions();
  const toast = useToast();
  const [first] = sessions;
  const one = sessions.length === 1 && first !== undefined ? first : undefined;
  const title =
    one === undefined
      ? `End ${pluralize(sessions.length, "other session")}?`
      : `End session on ${sessionName(one) || UNNAMED}?`;
  return (
    <Confirm
      title={title}
      action={one === undefined ? "End sessions" : "End session"}
      onClose={onClose}
      onConfirm={async () => {
        await end.mutateAsync(sessions.map(({ session_id }) => session_id));
        toast({
          text: one === undefined ? "All other sessions have ended." : "The session has ended.",
        });
      }}
    >
      <p>
        {one === undefined
          ? "Those browsers have to sign in again. This session and all tokens keep working."
          : `Signed in at ${fullTime(one.created_at)} from ${one.source}. That browser has to sign in again.`}
      </p>
    </Confirm>
  );
}
