import { Notice } from "../../components/notice";
import type { AuditEntry } from "../../data/audit";
import { auditPath } from "../../logic/audit/audit-filter";
import { type DetailRow, detailRows } from "../../logic/audit/audit-details";
import { sessionName } from "../../logic/format/session-name";
import { fullTime } from "../../logic/format/time";
import { apiPath, keyPath, problemDocsUrl, tokenPath } from "../../logic/navigation/routes";
import { useApiAddress } from "../../services";

/** Everything that is recorded about an entry. */
export function EntryDetails({ entry }: { entry: AuditEntry }) {
  const address = useApiAddress();
  const { subject, details, source, network } = entry;
  const shown = subject === null ? "" : subject.name || subject.id;
  const link = subject === null ? undefined : subjectPath(subject);
  return (
    <div class="audit-details">
      {entry.outcome === "started" && (
        <Notice kind="warn">
          The entry was written before the action took effect, and its outcome never followed. The
          server probably stopped in between: check whether the action took effect.
        </Notice>
      )}
      <dl class="terms">
        <dt>Time</dt>
        <dd>{fullTime(entry.at)}</dd>
        <dt>Action</dt>
        <dd>
          <a href={auditPath({ action: entry.action })}>
            <code>{entry.action}</code>
          </a>
        </dd>
        {entry.code !== null && (
          <>
            <dt>Error</dt>
            <dd>
              <a href={problemDocsUrl(address, entry.code)} target="_blank" rel="noreferrer">
                <code>{entry.code}</code>
              </a>
            </dd>
          </>
        )}
        {subject !== null && (
          <>
            <dt>Done to</dt>
            <dd>
              {subject.type === "api" ? "API" : subject.type.replaceAll("_", " ")}{" "}
              <bdi>{link === undefined ? shown : <a href={link}>{shown}</a>}</bdi>{" "}
              {subject.id !== "" && subject.id !== shown && (
                <span class="mono muted">{subject.id}</span>
              )}
            </dd>
          </>
        )}
        {detailRows(details).map((row) => (
          <Detail key={row.name} {...row} />
        ))}
        {source !== "" && (
          <>
            <dt>Address</dt>
            <dd>
              <a href={auditPath({ source })}>{source}</a>
              {network !== "" && network !== source && (
                <>
                  , network <a href={auditPath({ source: network })}>{network}</a>
                </>
              )}
            </dd>
          </>
        )}
        {sessionName(entry) !== "" && (
          <>
            <dt>Client</dt>
            <dd>{sessionName(entry)}</dd>
          </>
        )}
        {entry.user_agent !== "" && (
          <>
            <dt>User-Agent</dt>
            <dd class="mono">{entry.user_agent}</dd>
          </>
        )}
        {entry.session_id !== null && (
          <>
            <dt>Session</dt>
            <dd class="mono">{entry.session_id}</dd>
          </>
        )}
      </dl>
    </div>
  );
}

function Detail({ name, value, before }: DetailRow) {
  return (
    <>
      <dt>{name === "withheld" ? "Given, not recorded" : <code>{name}</code>}</dt>
      <dd>
        <bdi>{value === "" ? "Empty" : value}</bdi>
        {before !== undefined && (
          <span class="muted">
            {" "}
            (before: <bdi>{before === "" ? "empty" : before}</bdi>)
          </span>
        )}
      </dd>
    </>
  );
}

/** The page of what was acted on; undefined if there is none. */
function subjectPath({ type, id }: NonNullable<AuditEntry["subject"]>): string | undefined {
  if (id === "") {
    return undefined;
  }
  switch (type) {
    case "key":
      return keyPath(id);
    case "token":
      return tokenPath(id);
    case "api":
    case "reconciliation":
      return apiPath(id);
    case "notification_target":
      return "/notifications";
    case "session":
      return "/account";
    case "budget":
      return "/spend?at=budgets";
    default:
      return undefined;
  }
}
