import type { Ref } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { Badge } from "../../components/badge";
import { RequestCost } from "./cost";
import type { LoggedRequest } from "../../data/requests";
import { explain } from "../../logic/explain/explain";
import { bytes, milliseconds } from "../../logic/format/numbers";
import { entryTone } from "../../logic/requests/http-status";
import { logTime } from "../../logic/format/log-time";
import { filterPath, type RequestFilter } from "../../logic/requests/request-filter";
import { fullTime } from "../../logic/format/time";

interface Known {
  readonly filter: RequestFilter;
  readonly tokenNames: ReadonlyMap<string, string>;
}

/**
 * The log as an ARIA table. Browsers lay out a native table as a whole, but only the visible part
 * of this one (`content-visibility`).
 */
export function LogTable({
  table,
  pages,
  ...known
}: Known & { table: Ref<HTMLDivElement>; pages: readonly (readonly LoggedRequest[])[] }) {
  const newest = useRef(pages[0]?.[0]?.at ?? 0);
  return (
    <div class="log panel" role="table" aria-label="Requests, newest first" ref={table}>
      <div role="rowgroup" class="log-head">
        <div role="row" class="log-row">
          <span role="columnheader">Time</span>
          <span role="columnheader">Status</span>
          <span role="columnheader">Method</span>
          <span role="columnheader">API and path</span>
          <span role="columnheader" class="numeric">
            Duration
          </span>
          <span role="columnheader" class="numeric">
            Upstream
          </span>
          <span role="columnheader" class="numeric">
            Size
          </span>
          <span role="columnheader" class="numeric">
            Cost
          </span>
          <span role="columnheader">Token</span>
        </div>
      </div>
      {pages.map((entries) => (
        <Rows
          key={entries.at(-1)?.request_id}
          entries={entries}
          since={newest.current}
          {...known}
        />
      ))}
    </div>
  );
}

/** A page of the log, rendered again only if something in it changes. */
function Rows({
  entries,
  since,
  filter,
  tokenNames,
}: Known & { entries: readonly LoggedRequest[]; since: number }) {
  const rows = useMemo(() => {
    const now = Date.now() / 1000;
    return entries.map((entry) => (
      <Row
        key={entry.request_id}
        entry={entry}
        now={now}
        fresh={entry.at > since}
        href={filterPath(filter, { id: entry.request_id, at: entry.at })}
        token={tokenOf(entry, tokenNames)}
      />
    ));
  }, [entries, since, filter, tokenNames]);
  return <div role="rowgroup">{rows}</div>;
}

function Row({
  entry,
  now,
  fresh,
  href,
  token,
}: {
  entry: LoggedRequest;
  now: number;
  fresh: boolean;
  href: string;
  token: string;
}) {
  const tone = entryTone(entry);
  const { title } = explain(entry);
  return (
    <div role="row" class={fresh ? "log-row fresh" : "log-row"}>
      <time role="cell" class="log-time" title={fullTime(entry.at)}>
        {logTime(entry.at, now)}
      </time>
      <span role="cell" class={`log-status ${tone}`}>
        <b>{entry.status}</b>{" "}
        {entry.rehearsed ? <Badge tone="info">{title}</Badge> : <span class="cut">{title}</span>}
      </span>
      <span role="cell" class="log-method mono">
        {entry.method}
      </span>
      <span role="cell" class="log-what">
        <a href={href}>
          <b class="cut">{entry.api_name}</b> <span class="mono cut">{entry.path || "/"}</span>
        </a>
      </span>
      <span role="cell" class="numeric log-duration">
        {milliseconds(entry.duration_ms)}
      </span>
      <span role="cell" class="numeric muted log-upstream">
        {milliseconds(entry.upstream_ms)}
      </span>
      <span role="cell" class="numeric log-size">
        {bytes(entry.bytes_out)}
      </span>
      <span role="cell" class="numeric log-cost">
        <RequestCost entry={entry} />
      </span>
      <span role="cell" class="log-token cut muted">
        {token}
      </span>
    </div>
  );
}

/** The name of the token that made the call. */
export function tokenOf(
  entry: Pick<LoggedRequest, "token_id">,
  names: ReadonlyMap<string, string>,
): string {
  return entry.token_id === null ? "Dashboard" : (names.get(entry.token_id) ?? "Revoked token");
}
