import { Button } from "../../components/button";
import type { Draft } from "../../logic/compose";
import { statusTone, statusWord } from "../../logic/http-status";
import { logTime } from "../../logic/log-time";
import type { Sent } from "./history";

/** What was sent from this tab; pressing one fills the form with it. */
export function Past({
  sent,
  onChoose,
  onClear,
}: {
  sent: readonly Sent[];
  onChoose: (draft: Draft) => void;
  onClear: () => void;
}) {
  if (sent.length === 0) {
    return null;
  }
  return (
    <section class="panel past" aria-label="Sent from this tab">
      <header>
        <h2>Sent from this tab</h2>
        <Button size="small" variant="quiet" onClick={onClear}>
          Forget
        </Button>
      </header>
      <ul>
        {sent.map(({ id, at, draft, status }) => (
          <li key={id}>
            <button type="button" onClick={() => onChoose(draft)}>
              <span class={`log-status ${statusTone(status ?? 0)}`}>
                <b>{status ?? "–"}</b>
                <span class="hidden-visually">
                  {status === undefined ? "No answer" : statusWord(status)}
                </span>
              </span>
              <span class="mono">{draft.method}</span>
              <span class="cut">
                <b>{draft.api}</b> <span class="mono">{draft.path}</span>
              </span>
              <span class="muted small numbers">{logTime(at, Date.now() / 1000)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
