import { Badge } from "../../components/badge";
import { CopyButton } from "../../components/copy";
import { Dialog } from "../../components/dialog";
import { Skeleton } from "../../components/query-state";
import { Notice } from "../../components/notice";
import { SuggestedActions } from "../../components/suggested-actions";
import { Ago } from "../../components/time";
import { useKeys } from "../../data/keys";
import { useSuggestedApi } from "../../data/suggested-api";
import type { LoggedRequest } from "../../data/requests";
import type { Token } from "../../data/tokens";
import { explain } from "../../logic/explain/explain";
import { clientName } from "../../logic/format/client-names";
import { bytes, pluralize } from "../../logic/format/numbers";
import { entryTone } from "../../logic/requests/http-status";
import { keyLabel } from "../../logic/keys/key-names";
import {
  keyPath,
  playgroundPath,
  problemDocsUrl,
  requestsPath,
  tokenPath,
} from "../../logic/navigation/routes";
import { fullTime, durationText } from "../../logic/format/time";
import { splitDuration } from "../../logic/requests/duration";
import { timeLimitSetting } from "../../logic/requests/time-limit";
import { useApiAddress } from "../../services";
import { CostFacts } from "./cost-facts";
import { CurrentLimit } from "./current-limit";

const RESPONSIBILITY = {
  api: "Response from the API",
  dashboard: "Caused by the dashboard",
  caller: "Caused by the request",
  simulation: "Simulated by the dashboard instead of the API",
  nobody: "Response from the API",
} as const;

/** Explain what happened to one request and what to do about it. */
export function Details({
  id,
  entry,
  token,
  loading,
  onClose,
}: {
  id: string;
  entry: LoggedRequest | undefined;
  /** The token that sent it, if it still exists. */
  token: Token | undefined;
  loading: boolean;
  onClose: () => void;
}) {
  if (entry === undefined) {
    return (
      <Dialog kind="aside" title="Request" onClose={onClose}>
        {loading ? (
          <Skeleton />
        ) : (
          <Notice kind="info">
            The request {id.slice(0, 64)} is not loaded. Clear the filters or load older requests.
            The log deletes requests after some days.
          </Notice>
        )}
      </Dialog>
    );
  }
  return (
    <Dialog kind="aside" title={`${entry.method} ${entry.path || "/"}`} onClose={onClose}>
      <Explained entry={entry} token={token} />
      <TimingBar entry={entry} />
      <Facts entry={entry} token={token} />
      <footer class="actions">
        <a
          class="button"
          href={requestsPath({ api: entry.api_name, status: String(entry.status) })}
        >
          View all {entry.status} of {entry.api_name}
        </a>
        <a
          class="button primary"
          href={playgroundPath(entry.api_name, entry.method, entry.path || "/")}
        >
          Try in the playground
        </a>
      </footer>
    </Dialog>
  );
}

function Explained({ entry, token }: { entry: LoggedRequest; token: Token | undefined }) {
  const request = { ...entry, suggestion: useSuggestedApi(entry.problem, entry.api_name) };
  const { responsibility, title, summary, advice, actions, resets } = explain(request);
  const tone = entryTone(entry);
  const setting = timeLimitSetting(entry.time_limit);
  return (
    <section class={`explained ${tone}`} aria-label="What happened">
      <p class={`log-status ${tone}`}>
        <b>{entry.status}</b>{" "}
        {entry.rehearsed ? <Badge tone="info">{title}</Badge> : <span>{title}</span>}
      </p>
      <p>{summary}</p>
      {advice !== "" && <p class="muted">{advice}</p>}
      {setting !== null && (
        <p class="muted break">
          The limit is <code>{setting}</code>.
        </p>
      )}
      {resets && <CurrentLimit entry={entry} />}
      {entry.problem === "token_rate_limited" && token?.limit != null && token.window !== null && (
        <p>
          {token.name} can make {token.limit} requests per {durationText(token.window)}.
        </p>
      )}
      {entry.problem === "token_scope" && token !== undefined && (
        <p class="break">
          {token.name} can access {token.apis.includes("*") ? "all APIs" : token.apis.join(", ")};{" "}
          {token.methods.length === 0 ? "all methods" : token.methods.join(", ")};{" "}
          {token.path_prefixes.length === 0 ? "all paths" : token.path_prefixes.join(", ")}.
        </p>
      )}
      {entry.problem === "address_not_allowed" && token !== undefined && (
        <p class="break">
          {token.name} can be used from {token.allowed_ips.join(", ") || "anywhere now"}.
        </p>
      )}
      <SuggestedActions
        request={request}
        actions={actions.filter((action) => action !== "playground")}
        tokenName={token?.name}
      />
      <p class="muted small">
        {RESPONSIBILITY[responsibility]}
        {entry.problem !== null && <ProblemCode code={entry.problem} />}
      </p>
    </section>
  );
}

function ProblemCode({ code }: { code: string }) {
  const address = useApiAddress();
  return (
    <>
      {", code "}
      <a href={problemDocsUrl(address, code)} target="_blank" rel="noreferrer">
        <code>{code}</code>
      </a>
    </>
  );
}

function TimingBar({ entry }: { entry: LoggedRequest }) {
  const { api, rest } = splitDuration(entry);
  const least = Math.max(entry.duration_ms / 100, 1);
  const tone = api === undefined ? "own" : "passing";
  return (
    <div class="timing">
      <div class="timing-bar" aria-hidden="true">
        {api && <span class="theirs" style={{ flexGrow: Math.max(api.ms, least) }} />}
        <span class={tone} style={{ flexGrow: Math.max(rest.ms, least) }} />
      </div>
      <p class="small numbers">
        {api && <span class="key theirs">{api.text}</span>}
        <span class={`key ${tone}`}>{rest.text}</span>
        {api === undefined && <span class="muted">the API was not called</span>}
      </p>
    </div>
  );
}

function Facts({ entry, token }: { entry: LoggedRequest; token: Token | undefined }) {
  const keys = useKeys();
  const used = keys.data?.find(({ key_id }) => key_id === entry.key_id);
  return (
    <dl class="terms">
      <dt>Time</dt>
      <dd>
        {fullTime(entry.at)} (<Ago at={entry.at} />)
      </dd>
      <dt>API</dt>
      <dd>{entry.api_name}</dd>
      {entry.host !== "" && (
        <>
          <dt>Host</dt>
          <dd class="mono">{entry.host}</dd>
        </>
      )}
      <dt>Path</dt>
      <dd class="mono">{entry.path || "/"}</dd>
      <dt>Key</dt>
      <dd>
        {entry.key_id === null ? (
          "None"
        ) : used === undefined ? (
          "Deleted key"
        ) : (
          <a href={keyPath(used.key_id)}>
            {used.api_name} <span class="mono">{keyLabel(used)}</span>
          </a>
        )}
      </dd>
      <dt>Token</dt>
      <dd>
        {entry.token_id === null ? (
          "None, sent with a dashboard session"
        ) : token === undefined ? (
          `Revoked token (${entry.token_id})`
        ) : (
          <a href={tokenPath(token.token_id)}>{token.name}</a>
        )}
      </dd>
      {entry.client !== null && (
        <>
          <dt>Client</dt>
          <dd>{clientName(entry.client)}</dd>
        </>
      )}
      <CostFacts entry={entry} />
      <dt>Sent</dt>
      <dd class="numbers">{amount(entry, entry.bytes_in, entry.messages_in)}</dd>
      <dt>Received</dt>
      <dd class="numbers">{amount(entry, entry.bytes_out, entry.messages_out)}</dd>
      <dt>Request ID</dt>
      <dd class="row">
        <span class="mono">{entry.request_id}</span>
        <CopyButton small text={entry.request_id} label="Copy request ID" />
      </dd>
    </dl>
  );
}

/** What went in one direction, with the number of messages of a WebSocket. */
function amount(entry: LoggedRequest, size: number, messages: number): string {
  return entry.websocket ? `${bytes(size)} in ${pluralize(messages, "message")}` : bytes(size);
}
