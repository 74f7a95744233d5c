import { Button } from "../../components/button";
import type { RequestDraft } from "../../logic/playground/compose";
import { statusTone, statusText } from "../../logic/requests/http-status";
import { logTime } from "../../logic/format/log-time";
import type { SentRequest } from "./history";

/** The requests sent from this tab. Choosing one fills the form with it. */
export function HistoryPanel({
  sent,
  onChoose,
  onClear,
}: {
  sent: readonly SentRequest[];
  onChoose: (draft: RequestDraft) => void;
  onClear: () => void;
}) {
  if (sent.length === 0) {
    return null;
  }
  return (
    <section class="panel history" aria-label="Requests from this tab">
      <header>
        <h2>Requests from this tab</h2>
        <Button size="small" variant="quiet" onClick={onClear}>
          Clear history
        </Button>
      </header>
      <ul>
        {sent.map(({ id, at, draft, status }) => (
          <li key={id}>
            <button type="button" onClick={() => onChoose(draft)}>
              <span class={`log-status ${statusTone(status ?? 0)}`}>
                <b>{status ?? "–"}</b>
                <span class="hidden-visually">
                  {status === undefined ? "No response" : statusText(status)}
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
