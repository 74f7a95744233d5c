import { Pause, Play } from "lucide-preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button } from "../../components/button";
import { useApiUnreachable } from "../../components/connection";
import { EmptyState } from "../../components/empty-state";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { useNewRequests, useRequest, useRequestLog } from "../../data/requests";
import { useTokens } from "../../data/tokens";
import { pluralize } from "../../logic/format/numbers";
import { newTokenPath } from "../../logic/navigation/routes";
import { filterPath, parseFilter, parseOpenEntry } from "../../logic/requests/request-filter";
import { Details } from "./details";
import { Filters } from "./filters";
import { LogTable } from "./log-table";
import { isListInUse, useListInUse } from "./list-in-use";
import "../../components/outcome.css";
import "./style.css";

/** Every call that went through the proxy, the newest first, as it comes. */
export default function Requests() {
  const { query, route } = useLocation();
  const parsed = parseFilter(query);
  // The same object until it changes: opening an entry must not draw thousands of others anew.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const filter = useMemo(() => parsed, [filterPath(parsed)]);
  const openEntry = parseOpenEntry(query);
  const log = useRequestLog(filter);
  const tokens = useTokens();
  const [paused, setPaused] = useState(false);
  const unreachable = useApiUnreachable();
  const live = !paused && !unreachable;
  const hasEnd = filter.to !== undefined;
  const { newEntries, checking, insertNew } = useNewRequests(
    filter,
    log.data !== undefined && !paused && !hasEnd,
  );
  const table = useRef<HTMLDivElement>(null);
  const inUse = useListInUse(table) || openEntry !== undefined;
  const pages = useMemo(() => log.data?.pages.map((page) => page.items) ?? [], [log.data]);
  const count = pages.reduce((sum, items) => sum + items.length, 0);
  const entry = useRequest(
    openEntry,
    useMemo(() => pages.flat(), [pages]),
  );
  const tokenNames = useMemo(
    () => new Map(tokens.data?.map(({ token_id, name }) => [token_id, name])),
    [tokens.data],
  );

  useEffect(() => {
    // Asked anew: a dialog that closes gives the focus back only now.
    if (newEntries.length > 0 && !inUse && !isListInUse(table.current)) {
      insertNew();
    }
  });

  const filtered = filterPath(filter) !== filterPath({});
  return (
    <Page
      title="Requests"
      lead="Every call through the proxy: never its query, header fields or body."
      actions={
        !hasEnd && (
          <>
            <span class={live ? "live on" : "live"}>
              {live ? "Live" : paused ? "Paused" : "Not live"}
            </span>
            <Button onClick={() => setPaused(!paused)}>
              {paused ? <Play size={15} /> : <Pause size={15} />}
              {paused ? "Go on" : "Pause"}
            </Button>
          </>
        )
      }
    >
      <Filters
        filter={filter}
        tokens={tokens.data ?? []}
        onFilter={(next) => route(filterPath(next), true)}
      />
      <QueryState query={log} rows={10}>
        {() => (
          <>
            <div role="status" class="log-held">
              {newEntries.length > 0 && inUse && (
                <Button
                  variant="primary"
                  size="small"
                  onClick={() => {
                    scrollTo({ top: 0 });
                    insertNew();
                  }}
                >
                  {pluralize(newEntries.length, "new request")}, show
                </Button>
              )}
            </div>
            {count > 0 ? (
              <LogTable table={table} pages={pages} filter={filter} tokenNames={tokenNames} />
            ) : (
              !log.hasNextPage && <Nothing filtered={filtered} onAll={() => route("/requests")} />
            )}
            <footer class="log-foot">
              <p class="muted small numbers">
                {pluralize(count, "request")} shown
                {!log.hasNextPage && count > 0 && ", all there are"}
              </p>
              {log.hasNextPage && (
                <Button busy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()}>
                  {count > 0 ? "Older" : "None so far: look further back"}
                </Button>
              )}
            </footer>
          </>
        )}
      </QueryState>
      {openEntry !== undefined && (
        <Details
          key={openEntry.id}
          id={openEntry.id}
          entry={entry}
          token={tokens.data?.find(({ token_id }) => token_id === entry?.token_id)}
          loading={log.isPending || checking}
          onClose={() => route(filterPath(filter), true)}
        />
      )}
    </Page>
  );
}

function Nothing({ filtered, onAll }: { filtered: boolean; onAll: () => void }) {
  if (filtered) {
    return (
      <EmptyState
        title="No request matches"
        action={<Button onClick={onAll}>Show all requests</Button>}
      >
        Nothing in the log fits these filters.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No requests yet"
      action={
        <>
          <a class="button primary" href="/playground">
            Open the playground
          </a>
          <a class="button" href={newTokenPath()}>
            Make a token
          </a>
        </>
      }
    >
      Calls through the proxy appear here by themselves: make one in the playground, or give a token
      to a script.
    </EmptyState>
  );
}
