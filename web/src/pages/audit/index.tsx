import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";
import { QueryState } from "../../components/query-state";
import { useAuditLog } from "../../data/audit";
import { auditPath, parseAuditFilter } from "../../logic/audit/audit-filter";
import { number } from "../../logic/format/numbers";
import { logTime } from "../../logic/format/log-time";
import { ExportButton } from "./export-button";
import { Filters } from "./filters";
import { AuditList } from "./list";
import "./style.css";

/** Who did what, from where and with what outcome, newest first. */
export default function AuditLog() {
  const { query, route } = useLocation();
  const parsed = parseAuditFilter(query);
  // Keep the same object until it changes: opening an entry must not render all others again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const filter = useMemo(() => parsed, [auditPath(parsed)]);
  const log = useAuditLog(filter);
  const pages = useMemo(() => log.data?.pages.map(({ items }) => items) ?? [], [log.data]);
  const count = pages.reduce((sum, items) => sum + items.length, 0);
  const searchedUntil = log.data?.pages.at(-1)?.searched_until;
  const filtered = auditPath(filter) !== auditPath({});

  return (
    <Page
      title="Audit log"
      lead="Sign-ins and changes to your account, keys and tokens, with where they came from. Entries cannot be changed and contain no secrets."
      actions={<ExportButton filter={filter} />}
    >
      <Filters filter={filter} onFilter={(next) => route(auditPath(next), true)} />
      <QueryState query={log} rows={10}>
        {() => (
          <div class="stack">
            {count > 0 ? (
              <AuditList pages={pages} />
            ) : (
              !log.hasNextPage && (
                <Nothing
                  filtered={filtered}
                  installation={filter.scope === "installation"}
                  onAll={() => route("/audit")}
                />
              )
            )}
            <footer class="audit-foot">
              <p class="muted small numbers" role="status">
                {(count > 0 || log.hasNextPage) &&
                  `${count === 1 ? "1 entry" : `${number(count)} entries`} shown`}
                {!log.hasNextPage && count > 0 && ", no older ones"}
                {searchedUntil !== undefined &&
                  `. Searched back to ${logTime(searchedUntil, Date.now() / 1000)}`}
              </p>
              {log.hasNextPage && (
                <Button busy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()}>
                  Show more
                </Button>
              )}
            </footer>
          </div>
        )}
      </QueryState>
    </Page>
  );
}

function Nothing({
  filtered,
  installation,
  onAll,
}: {
  filtered: boolean;
  installation: boolean;
  onAll: () => void;
}) {
  if (!filtered) {
    return (
      <EmptyState title="Nothing recorded yet">
        Sign-ins and changes appear here from now on.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={installation ? "No matching operator commands" : "No entries match"}
      action={<Button onClick={onAll}>Show all entries</Button>}
    >
      {installation
        ? "Commands of the server’s operator, such as a restore or a rotation of the encryption keys, appear here."
        : "No entry in the audit log matches these filters."}
    </EmptyState>
  );
}
