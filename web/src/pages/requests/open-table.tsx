import { useNow } from "../../components/time";
import type { OpenRequest } from "../../data/requests";
import { logTime } from "../../logic/format/log-time";
import { fullTime } from "../../logic/format/time";
import { ageText, progressText } from "../../logic/requests/open-requests";
import { tokenOf } from "./log-table";

/** The requests in progress, newest first, with their age and what they transferred so far. */
export function OpenTable({
  requests,
  tokenNames,
}: {
  requests: readonly OpenRequest[];
  tokenNames: ReadonlyMap<string, string>;
}) {
  const now = useNow();
  return (
    <div class="log open panel" role="table" aria-label="Open now, newest first">
      <div role="rowgroup" class="log-head">
        <div role="row" class="log-row">
          <span role="columnheader">Started</span>
          <span role="columnheader">Status</span>
          <span role="columnheader">Method</span>
          <span role="columnheader">API and path</span>
          <span role="columnheader" class="numeric">
            Open for
          </span>
          <span role="columnheader">Transferred</span>
          <span role="columnheader">Token</span>
        </div>
      </div>
      <div role="rowgroup">
        {requests.map((request) => (
          <div role="row" class="log-row" key={request.request_id}>
            <time role="cell" class="log-time" title={fullTime(request.at)}>
              {logTime(request.at, now)}
            </time>
            <span role="cell" class="log-status info">
              <b>Open</b>
              {request.websocket ? " WebSocket" : request.status !== null && ` ${request.status}`}
            </span>
            <span role="cell" class="log-method mono">
              {request.method}
            </span>
            <span role="cell" class="log-what">
              <b class="cut">{request.api_name}</b>{" "}
              <span class="mono cut">{request.path || "/"}</span>
            </span>
            <span role="cell" class="numeric log-duration">
              {ageText(now - request.at)}
            </span>
            <span
              role="cell"
              class="log-progress muted"
              title={`As of ${fullTime(request.seen_at)}`}
            >
              {progressText(request)}
            </span>
            <span role="cell" class="log-token cut muted">
              {tokenOf(request, tokenNames)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
