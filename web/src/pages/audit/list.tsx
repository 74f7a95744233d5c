import { useMemo } from "preact/hooks";
import { Badge } from "../../components/badge";
import type { AuditEntry } from "../../data/audit";
import { auditSentence } from "../../logic/audit/audit-text";
import { formatDay, fullTime } from "../../logic/format/time";
import { sessionName } from "../../logic/format/session-name";
import { logTime } from "../../logic/format/log-time";
import { localDate } from "../../logic/spend/days";
import { EntryDetails } from "./details";

const OUTCOMES = {
  succeeded: ["neutral", "Succeeded"],
  failed: ["danger", "Failed"],
  started: ["warn", "No outcome"],
} as const;

/** The entries by day. Each opens to its details. */
export function AuditList({ pages }: { pages: readonly (readonly AuditEntry[])[] }) {
  const days = useMemo(() => byDay(pages.flat()), [pages]);
  const today = localDate(Date.now());
  return (
    <div class="stack">
      {days.map(([day, entries]) => (
        <section key={day} class="panel audit-day" aria-labelledby={`day-${day}`}>
          <header>
            <h2 id={`day-${day}`}>{day === today ? "Today" : formatDay(entries[0]?.at ?? 0)}</h2>
          </header>
          <ul>
            {entries.map((entry) => (
              <li key={entry.audit_id}>
                <Entry entry={entry} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { before, name, after } = auditSentence(entry);
  const [tone, outcome] = OUTCOMES[entry.outcome];
  return (
    <details>
      <summary>
        <span class="audit-what">
          <span class="break">
            {before}
            {name !== "" && <bdi class="audit-name">{name}</bdi>}
            {after}
          </span>
          <span class="muted small break">{whereText(entry)}</span>
        </span>
        <span class="audit-outcome">
          {entry.outcome === "succeeded" ? (
            <span class="muted small">{outcome}</span>
          ) : (
            <Badge tone={tone}>{outcome}</Badge>
          )}
        </span>
        <time
          class="audit-time numbers"
          dateTime={new Date(entry.at * 1000).toISOString()}
          title={fullTime(entry.at)}
        >
          {logTime(entry.at, entry.at)}
        </time>
      </summary>
      <EntryDetails entry={entry} />
    </details>
  );
}

/** "203.0.113.7, Firefox 140 on Linux". */
function whereText(entry: AuditEntry): string {
  const client = sessionName(entry);
  if (entry.source === "") {
    return client === "" ? "A command on the server" : client;
  }
  return client === "" ? `From ${entry.source}` : `From ${entry.source} with ${client}`;
}

function byDay(entries: readonly AuditEntry[]): [day: string, entries: AuditEntry[]][] {
  const days = new Map<string, AuditEntry[]>();
  for (const entry of entries) {
    const day = localDate(entry.at * 1000);
    const known = days.get(day);
    if (known === undefined) {
      days.set(day, [entry]);
    } else {
      known.push(entry);
    }
  }
  return [...days];
}
