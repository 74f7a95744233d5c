import { Badge } from "../../components/badge";
import { CopyButton } from "../../components/copy";
import { Dialog } from "../../components/dialog";
import { Skeleton } from "../../components/loaded";
import { Notice } from "../../components/notice";
import { Remedies } from "../../components/remedies";
import { Ago } from "../../components/time";
import { useKeys } from "../../data/keys";
import { useMeantApi } from "../../data/meant-api";
import type { LoggedRequest } from "../../data/requests";
import type { Token } from "../../data/tokens";
import { explain } from "../../logic/explain";
import { bytes } from "../../logic/format";
import { entryTone } from "../../logic/http-status";
import { keyMark } from "../../logic/key-names";
import {
  keyPlace,
  playgroundPlace,
  problemPlace,
  requestsPlace,
  tokenPlace,
} from "../../logic/places";
import { fullTime, span } from "../../logic/time";
import { timingOf } from "../../logic/timing";
import { useApiAddress } from "../../services";
import { LimitState } from "./limit-state";

const WHOSE = {
  api: "Answered by the API",
  dashboard: "On the dashboard’s side",
  caller: "Caused by the call itself",
  rehearsal: "Answered by the dashboard in the API’s place, for a rehearsal",
  nobody: "Answered by the API",
} as const;

/** What happened to one request, in plain words, and what to do about it. */
export function Details({
  id,
  entry,
  token,
  loading,
  onClose,
}: {
  id: string;
  entry: LoggedRequest | undefined;
  /** The token that made it, where it still exists. */
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
            The request {id.slice(0, 64)} is not among those that are loaded. Clear the filters or
            load older ones; the log forgets requests after some days.
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
          href={requestsPlace({ api: entry.api_name, status: String(entry.status) })}
        >
          All {entry.status} of {entry.api_name}
        </a>
        <a
          class="button primary"
          href={playgroundPlace(entry.api_name, entry.method, entry.path || "/")}
        >
          Try in the playground
        </a>
      </footer>
    </Dialog>
  );
}

function Explained({ entry, token }: { entry: LoggedRequest; token: Token | undefined }) {
  const request = { ...entry, meant: useMeantApi(entry.problem, entry.api_name) };
  const { whose, title, what, todo, remedies, resets } = explain(request);
  const tone = entryTone(entry);
  return (
    <section class={`explained ${tone}`} aria-label="What happened">
      <p class={`log-status ${tone}`}>
        <b>{entry.status}</b>{" "}
        {entry.rehearsed ? <Badge tone="info">{title}</Badge> : <span>{title}</span>}
      </p>
      <p>{what}</p>
      {todo !== "" && <p class="muted">{todo}</p>}
      {resets && <LimitState entry={entry} />}
      {entry.problem === "token_rate_limited" && token?.limit != null && token.window !== null && (
        <p>
          {token.name} may make {token.limit} requests per {span(token.window)}.
        </p>
      )}
      {entry.problem === "token_scope" && token !== undefined && (
        <p class="break">
          {token.name} was given {token.apis.includes("*") ? "every API" : token.apis.join(", ")};{" "}
          {token.methods.length === 0 ? "every method" : token.methods.join(", ")};{" "}
          {token.path_prefixes.length === 0 ? "every path" : token.path_prefixes.join(", ")}.
        </p>
      )}
      <Remedies
        request={request}
        remedies={remedies.filter((remedy) => remedy !== "playground")}
        tokenName={token?.name}
      />
      <p class="muted small">
        {WHOSE[whose]}
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
      <a href={problemPlace(address, code)} target="_blank" rel="noreferrer">
        <code>{code}</code>
      </a>
    </>
  );
}

function TimingBar({ entry }: { entry: LoggedRequest }) {
  const { api, rest } = timingOf(entry);
  const least = Math.max(entry.duration_ms / 100, 1);
  const tone = api === undefined ? "own" : "passing";
  return (
    <div class="timing">
      <div class="timing-bar" aria-hidden="true">
        {api && <span class="theirs" style={{ flexGrow: Math.max(api.ms, least) }} />}
        <span class={tone} style={{ flexGrow: Math.max(rest.ms, least) }} />
      </div>
      <p class="small numbers">
        {api && <span class="key theirs">{api.words}</span>}
        <span class={`key ${tone}`}>{rest.words}</span>
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
          "None was used"
        ) : used === undefined ? (
          "Deleted meanwhile"
        ) : (
          <a href={keyPlace(used.key_id)}>
            {used.api_name} <span class="mono">{keyMark(used)}</span>
          </a>
        )}
      </dd>
      <dt>Made with</dt>
      <dd>
        {entry.token_id === null ? (
          "The dashboard’s own session"
        ) : token === undefined ? (
          `A token that was revoked (${entry.token_id})`
        ) : (
          <a href={tokenPlace(token.token_id)}>{token.name}</a>
        )}
      </dd>
      <dt>Sent</dt>
      <dd class="numbers">{bytes(entry.bytes_in)}</dd>
      <dt>Received</dt>
      <dd class="numbers">{bytes(entry.bytes_out)}</dd>
      <dt>Request id</dt>
      <dd class="row">
        <span class="mono">{entry.request_id}</span>
        <CopyButton small text={entry.request_id} label="Copy the request id" />
      </dd>
    </dl>
  );
}
