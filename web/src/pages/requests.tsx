import { Pause, Play } from "lucide-preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button } from "../components/button";
import { useAway } from "../components/connection";
import { Empty } from "../components/empty";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { useArrivals, useRequest, useRequestLog } from "../data/requests";
import { useTokens } from "../data/tokens";
import { counted } from "../logic/format";
import { newTokenPlace } from "../logic/places";
import { addressOf, filterOf, openedOf } from "../logic/request-filter";
import { Details } from "./requests/details";
import { Filters } from "./requests/filters";
import { LogTable } from "./requests/log-table";
import { isReading, useReading } from "./requests/reading";
import "../components/outcome.css";
import "./requests.css";

/** Every call that went through the proxy, the newest first, as it comes. */
export default function Requests() {
  const { query, route } = useLocation();
  const asked = filterOf(query);
  // The same object until it changes: opening an entry must not draw thousands of others anew.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const filter = useMemo(() => asked, [addressOf(asked)]);
  const opened = openedOf(query);
  const log = useRequestLog(filter);
  const tokens = useTokens();
  const [paused, setPaused] = useState(false);
  const away = useAway();
  const live = !paused && !away;
  const past = filter.to !== undefined;
  const { held, looking, take } = useArrivals(filter, log.data !== undefined && !paused && !past);
  const table = useRef<HTMLDivElement>(null);
  const reading = useReading(table) || opened !== undefined;
  const pages = useMemo(() => log.data?.pages.map((page) => page.items) ?? [], [log.data]);
  const shown = pages.reduce((sum, items) => sum + items.length, 0);
  const entry = useRequest(
    opened,
    useMemo(() => pages.flat(), [pages]),
  );
  const names = useMemo(
    () => new Map(tokens.data?.map(({ token_id, name }) => [token_id, name])),
    [tokens.data],
  );

  useEffect(() => {
    // Asked anew: a dialog that closes gives the focus back only now.
    if (held.length > 0 && !reading && !isReading(table.current)) {
      take();
    }
  });

  const filtered = addressOf(filter) !== addressOf({});
  return (
    <Page
      title="Requests"
      lead="Every call through the proxy: never its query, header fields or body."
      actions={
        !past && (
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
        onFilter={(next) => route(addressOf(next), true)}
      />
      <Loaded query={log} rows={10}>
        {() => (
          <>
            <div role="status" class="log-held">
              {held.length > 0 && reading && (
                <Button
                  variant="primary"
                  size="small"
                  onClick={() => {
                    scrollTo({ top: 0 });
                    take();
                  }}
                >
                  {counted(held.length, "new request")}, show
                </Button>
              )}
            </div>
            {shown > 0 ? (
              <LogTable table={table} pages={pages} filter={filter} tokenNames={names} />
            ) : (
              !log.hasNextPage && <Nothing filtered={filtered} onAll={() => route("/requests")} />
            )}
            <footer class="log-foot">
              <p class="muted small numbers">
                {counted(shown, "request")} shown
                {!log.hasNextPage && shown > 0 && ", all there are"}
              </p>
              {log.hasNextPage && (
                <Button busy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()}>
                  {shown > 0 ? "Older" : "None so far: look further back"}
                </Button>
              )}
            </footer>
          </>
        )}
      </Loaded>
      {opened !== undefined && (
        <Details
          key={opened.id}
          id={opened.id}
          entry={entry}
          token={tokens.data?.find(({ token_id }) => token_id === entry?.token_id)}
          loading={log.isPending || looking}
          onClose={() => route(addressOf(filter), true)}
        />
      )}
    </Page>
  );
}

function Nothing({ filtered, onAll }: { filtered: boolean; onAll: () => void }) {
  if (filtered) {
    return (
      <Empty title="No request matches" action={<Button onClick={onAll}>Show all requests</Button>}>
        Nothing in the log fits these filters.
      </Empty>
    );
  }
  return (
    <Empty
      title="No requests yet"
      action={
        <>
          <a class="button primary" href="/playground">
            Open the playground
          </a>
          <a class="button" href={newTokenPlace()}>
            Make a token
          </a>
        </>
      }
    >
      Calls through the proxy appear here by themselves: make one in the playground, or give a token
      to a script.
    </Empty>
  );
}
