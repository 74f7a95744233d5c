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
import { logTime } from "../../logic/format/log-time";
import { pluralize } from "../../logic/format/numbers";
import { newTokenPath } from "../../logic/navigation/routes";
import { filterPath, parseFilter, parseOpenEntry } from "../../logic/requests/request-filter";
import { Filters } from "./filters";
import { LogTable } from "./log-table";
import { OpenTable } from "./open-table";
import { isListInUse, useListInUse } from "./list-in-use";
import "../../components/request-status.css";
import "./style.css";

/** Every call through the proxy, newest first, updated live. */
export default function Requests() {
  const { query, route } = useLocation();
  const parsed = parseFilter(query);
  // Keep the same object until it changes: opening an entry must not render thousands of others
  // again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const filter = useMemo(() => parsed, [filterPath(parsed)]);
  const openEntry = parseOpenEntry(query);
  const log = useRequestLog(filter);
  const tokens = useTokens();
  const [paused, setPaused] = useState(false);
  const Details = useDetails(openEntry !== undefined);
  const unreachable = useApiUnreachable();
  const live = !paused && !unreachable;
  const hasEnd = filter.to !== undefined;
  const { newEntries, open, checking, insertNew } = useNewRequests(
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
    // Check again: a closing dialog restores the focus only now.
    if (newEntries.length > 0 && !inUse && !isListInUse(table.current)) {
      insertNew();
    }
  });

  const openRequests = hasEnd ? [] : (open ?? log.data?.pages[0]?.open ?? []);
  const searchedUntil = log.data?.pages.at(-1)?.searched_until;
  const filtered = filterPath(filter) !== filterPath({});
  return (
    <Page
      title="Requests"
      lead="Every call through the proxy. Queries, headers and bodies are never logged."
      actions={
        !hasEnd && (
          <>
            <span class={live ? "live on" : "live"}>
              {live ? "Live" : paused ? "Paused" : "Not live"}
            </span>
            <Button onClick={() => setPaused(!paused)}>
              {paused ? <Play size={15} /> : <Pause size={15} />}
              {paused ? "Resume" : "Pause"}
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
            <div role="status" class="log-new">
              {newEntries.length > 0 && inUse && (
                <Button
                  variant="primary"
                  size="small"
                  onClick={() => {
                    scrollTo({ top: 0 });
                    insertNew();
                  }}
                >
                  Show {pluralize(newEntries.length, "new request")}
                </Button>
              )}
            </div>
            {openRequests.length > 0 && (
              <OpenTable requests={openRequests} tokenNames={tokenNames} />
            )}
            {count > 0 ? (
              <LogTable table={table} pages={pages} filter={filter} tokenNames={tokenNames} />
            ) : (
              !log.hasNextPage &&
              openRequests.length === 0 && (
                <Nothing filtered={filtered} onAll={() => route("/requests")} />
              )
            )}
            <footer class="log-foot">
              <p class="muted small numbers">
                {pluralize(count, "request")} shown
                {!log.hasNextPage && count > 0 && ", no older ones"}
                {searchedUntil !== undefined &&
                  `. Searched back to ${logTime(searchedUntil, Date.now() / 1000)}`}
              </p>
              {log.hasNextPage && (
                <Button busy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()}>
                  {searchedUntil === undefined ? "Load older requests" : "Continue search"}
                </Button>
              )}
            </footer>
          </>
        )}
      </QueryState>
      {openEntry !== undefined && Details && (
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

type DetailsComponent = typeof import("./details").Details;

/** The details of an entry, loaded when the first one is opened. */
function useDetails(wanted: boolean): DetailsComponent | undefined {
  const [found, setFound] = useState<DetailsComponent>();
  useEffect(() => {
    if (wanted) {
      void import("./details").then(({ Details }) => setFound(() => Details));
    }
  }, [wanted]);
  return found;
}

function Nothing({ filtered, onAll }: { filtered: boolean; onAll: () => void }) {
  if (filtered) {
    return (
      <EmptyState
        title="No requests match"
        action={<Button onClick={onAll}>Show all requests</Button>}
      >
        No request in the log matches these filters.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No requests yet"
      action={
        <>
          <a class="button primary" href="/playground">
            Open playground
          </a>
          <a class="button" href={newTokenPath()}>
            Create token
          </a>
        </>
      }
    >
      Calls through the proxy appear here automatically. Send one in the playground, or use a token
      in a script.
    </EmptyState>
  );
}
