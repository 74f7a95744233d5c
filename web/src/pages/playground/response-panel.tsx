import { useEffect, useMemo, useRef } from "preact/hooks";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { SuggestedActions } from "../../components/suggested-actions";
import { Countdown, useNow } from "../../components/time";
import { useSuggestedApi } from "../../data/suggested-api";
import type { RequestDraft } from "../../logic/playground/compose";
import { explain } from "../../logic/explain/explain";
import type { ExplainableRequest } from "../../logic/explain/explanation";
import { bytes, milliseconds, number } from "../../logic/format/numbers";
import { statusTone, statusText } from "../../logic/requests/http-status";
import { requestsPath } from "../../logic/navigation/routes";
import {
  limitLabel,
  parseRateLimits,
  parseProxyError,
  parseServerTiming,
} from "../../logic/playground/proxy-response";
import { durationText } from "../../logic/format/time";
import { useServices } from "../../services";
import { ResponseBody } from "./response-body";
import type { ReceivedResponse, Exchange } from "./exchange";

/** The response while it arrives. */
export function ResponsePanel({
  exchange,
  draft,
  onFollow,
}: {
  exchange: Exchange;
  /** The request that was sent. */
  draft: RequestDraft;
  /** Send the request again and follow the redirect. Undefined if repeating it is not safe. */
  onFollow: (() => void) | undefined;
}) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // If it is below the form, scroll to it.
    if (exchange.state !== "none" && !matchMedia("(min-width: 66rem)").matches) {
      panel.current?.scrollIntoView({ block: "nearest" });
    }
  }, [exchange.state]);
  return (
    <section class="panel response" aria-label="Response" ref={panel}>
      <p class="hidden-visually" role="status">
        {statusMessage(exchange)}
      </p>
      {exchange.state === "none" && (
        <p class="muted panel-body">The response appears here: status, timing, headers and body.</p>
      )}
      {exchange.state === "sending" && (
        <p class="muted panel-body">
          <span class="spinner" aria-hidden="true" /> Waiting for the response…
        </p>
      )}
      {exchange.state === "cancelled-early" && (
        <p class="panel-body">
          Cancelled before the response started. The API may still have processed the request.
        </p>
      )}
      {exchange.state === "failed" && <Failed why={exchange.reason} />}
      {exchange.state === "redirect" && (
        <div class="panel-body stack">
          <p>
            <b>Redirect.</b> Browsers hide the target of a redirect from pages. The log shows its
            status, and the copied curl command shows the target with <code>--include</code>.
          </p>
          <div class="actions">
            {onFollow && <Button onClick={onFollow}>Follow redirect</Button>}
            <a class="button" href={requestsPath({ api: draft.api, status: "3xx" })}>
              View in log
            </a>
          </div>
        </div>
      )}
      {"response" in exchange && <ReceivedPanel exchange={exchange} draft={draft} />}
    </section>
  );
}

function statusMessage(exchange: Exchange): string {
  switch (exchange.state) {
    case "sending":
      return "Sending request";
    case "done":
      return `Response: ${exchange.response.status} ${statusText(exchange.response.status)}`;
    case "cancelled":
    case "cancelled-early":
      return "Cancelled";
    case "broken":
      return "The connection was lost";
    case "redirect":
      return "Response: redirect";
    default:
      return "";
  }
}

function Failed({ why: reason }: { why: string }) {
  const { base } = useServices();
  return (
    <div class="panel-body">
      <Notice kind="danger">
        {reason}
        {base !== "" &&
          " The API has another origin than this page, so browsers send only the headers Accept, Authorization, Content-Type and X-Api-Key."}
      </Notice>
    </div>
  );
}

function ReceivedPanel({
  exchange,
  draft,
}: {
  exchange: Extract<Exchange, { response: ReceivedResponse }>;
  draft: RequestDraft;
}) {
  const { response, state } = exchange;
  const field = (name: string) => response.headers.find(([one]) => one === name)?.[1] ?? null;
  const timing = parseServerTiming(field("server-timing"));
  const proxyError = parseProxyError(field("proxy-status"));
  const id = field("x-dashboard-request-id");
  const sent = requestOf(response, draft, proxyError !== undefined);
  const request = { ...sent, suggestion: useSuggestedApi(sent.problem, sent.api_name) };
  const { title, summary, advice, actions } = explain(request);
  return (
    <>
      <header>
        <p class={`log-status ${statusTone(response.status)}`}>
          <b>{response.status}</b> <span>{title}</span>
        </p>
        <p class="muted small numbers response-figures">
          {timing.upstream !== undefined && <span>API {milliseconds(timing.upstream)}</span>}
          {timing.proxy !== undefined && <span>Proxy {preciseMilliseconds(timing.proxy)}</span>}
          <span>{bytes(response.size)}</span>
          {id !== null && state !== "receiving" && <a href={requestsPath({ id })}>View in log</a>}
        </p>
      </header>
      {response.status >= 400 && (
        <div class={`explained ${statusTone(response.status)}`}>
          <p>
            {summary} <span class="muted">{advice}</span>
          </p>
          {proxyError !== undefined && (
            <p class="small">
              This response is from the proxy, not the API: {proxyError.meaning} (
              <code>{proxyError.name}</code>).
            </p>
          )}
          <SuggestedActions
            request={request}
            actions={actions.filter((one) => !["token", "new-token", "playground"].includes(one))}
            tokenName={undefined}
          />
        </div>
      )}
      <Limits policy={field("ratelimit-policy")} state={field("ratelimit")} />
      <ResponseBody
        response={response}
        state={state}
        path={draft.path}
        type={field("content-type")}
      />
      <details class="panel-body">
        <summary>Headers ({response.headers.length})</summary>
        <dl class="terms mono small">
          {response.headers.map(([name, value], index) => (
            <div key={index}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

function Limits({ policy, state }: { policy: string | null; state: string | null }) {
  const now = useNow();
  // Resets count from when the response arrived.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const receivedAt = useMemo(() => now, [policy, state]);
  const limits = parseRateLimits(policy, state);
  if (limits.length === 0) {
    return null;
  }
  return (
    <ul class="panel-body limits small" aria-label="Rate limits in the response">
      {limits.map(({ name, limit, window, remaining, resets }) => (
        <li key={name}>
          <b>{limitLabel(name)}</b>
          <span class="numbers">
            {remaining === undefined ? "" : `${number(remaining)} left`}
            {limit === undefined ? "" : ` of ${number(limit)}`}
            {window === undefined ? "" : ` per ${durationText(window)}`}
            {resets !== undefined && (
              <>
                , resets in <Countdown to={receivedAt + resets} past="now" />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Format a Server-Timing value in milliseconds. The proxy's own time is often below one. */
function preciseMilliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : milliseconds(value);
}

function requestOf(
  response: ReceivedResponse,
  draft: RequestDraft,
  fromProxy: boolean,
): ExplainableRequest {
  return {
    status: response.status,
    problem: fromProxy ? codeOf(response.text) : null,
    api_name: draft.api,
    method: draft.method,
    path: draft.path,
    host: "",
    token_id: null,
    key_id: null,
  };
}

function codeOf(text: string): string | null {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === "object" && problem !== null && "code" in problem
      ? String(problem.code)
      : null;
  } catch {
    return null;
  }
}
