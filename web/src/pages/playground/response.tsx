import { useEffect, useMemo, useRef } from "preact/hooks";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { Remedies } from "../../components/remedies";
import { Countdown, useNow } from "../../components/time";
import { useMeantApi } from "../../data/meant-api";
import type { Draft } from "../../logic/compose";
import { explain, type Request } from "../../logic/explain";
import { bytes, milliseconds, number } from "../../logic/format";
import { statusTone, statusWord } from "../../logic/http-status";
import { requestsPlace } from "../../logic/places";
import { limitOwner, limitsOf, proxyError, timingOf } from "../../logic/proxy-answer";
import { span } from "../../logic/time";
import { useServices } from "../../services";
import { Body } from "./body";
import type { Answer, Exchange } from "./exchange";

/** What came back, as it comes. */
export function Response({
  exchange,
  asked,
  onFollow,
}: {
  exchange: Exchange;
  /** The request that was sent. */
  asked: Draft;
  /** Sends it again and follows the redirect; absent where that could do something twice. */
  onFollow: (() => void) | undefined;
}) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where it stands below the form, it has to come into sight.
    if (exchange.state !== "none" && !matchMedia("(min-width: 66rem)").matches) {
      panel.current?.scrollIntoView({ block: "nearest" });
    }
  }, [exchange.state]);
  return (
    <section class="panel response" aria-label="Response" ref={panel}>
      <p class="hidden-visually" role="status">
        {announced(exchange)}
      </p>
      {exchange.state === "none" && (
        <p class="muted panel-body">The answer appears here: status, time, header fields, body.</p>
      )}
      {exchange.state === "sending" && (
        <p class="muted panel-body">
          <span class="spinner" aria-hidden="true" /> Waiting for the answer…
        </p>
      )}
      {exchange.state === "cancelled-early" && (
        <p class="panel-body">Cancelled before the answer began. The API may have done the work.</p>
      )}
      {exchange.state === "failed" && <Failed why={exchange.why} />}
      {exchange.state === "redirect" && (
        <div class="panel-body stack">
          <p>
            <b>A redirect.</b> Browsers do not show pages where one leads to: the log has its
            status, and the copied curl command shows it with <code>--include</code>.
          </p>
          <div class="actions">
            {onFollow && <Button onClick={onFollow}>Follow it</Button>}
            <a class="button" href={requestsPlace({ api: asked.api, status: "3xx" })}>
              See it in the log
            </a>
          </div>
        </div>
      )}
      {"answer" in exchange && <Answered exchange={exchange} asked={asked} />}
    </section>
  );
}

function announced(exchange: Exchange): string {
  switch (exchange.state) {
    case "sending":
      return "Sending";
    case "done":
      return `Answered: ${exchange.answer.status} ${statusWord(exchange.answer.status)}`;
    case "cancelled":
    case "cancelled-early":
      return "Cancelled";
    case "broken":
      return "The connection broke off";
    case "redirect":
      return "Answered with a redirect";
    default:
      return "";
  }
}

function Failed({ why }: { why: string }) {
  const { base } = useServices();
  return (
    <div class="panel-body">
      <Notice kind="danger">
        {why}
        {base !== "" &&
          " From this address browsers send only Accept, Authorization, Content-Type and X-Api-Key."}
      </Notice>
    </div>
  );
}

function Answered({
  exchange,
  asked,
}: {
  exchange: Extract<Exchange, { answer: Answer }>;
  asked: Draft;
}) {
  const { answer, state } = exchange;
  const field = (name: string) => answer.headers.find(([one]) => one === name)?.[1] ?? null;
  const timing = timingOf(field("server-timing"));
  const fault = proxyError(field("proxy-status"));
  const id = field("x-dashboard-request-id");
  const sent = requestOf(answer, asked, fault !== undefined);
  const request = { ...sent, meant: useMeantApi(sent.problem, sent.api_name) };
  const { title, what, todo, remedies } = explain(request);
  return (
    <>
      <header>
        <p class={`log-status ${statusTone(answer.status)}`}>
          <b>{answer.status}</b> <span>{title}</span>
        </p>
        <p class="muted small numbers answer-figures">
          {timing.upstream !== undefined && <span>API {milliseconds(timing.upstream)}</span>}
          {timing.proxy !== undefined && <span>Proxy {exactly(timing.proxy)}</span>}
          <span>{bytes(answer.size)}</span>
          {id !== null && state !== "receiving" && <a href={requestsPlace({ id })}>In the log</a>}
        </p>
      </header>
      {answer.status >= 400 && (
        <div class={`explained ${statusTone(answer.status)}`}>
          <p>
            {what} <span class="muted">{todo}</span>
          </p>
          {fault !== undefined && (
            <p class="small">
              The proxy says it, not the API: {fault.words} (<code>{fault.name}</code>).
            </p>
          )}
          <Remedies
            request={request}
            remedies={remedies.filter((one) => !["token", "new-token", "playground"].includes(one))}
            tokenName={undefined}
          />
        </div>
      )}
      <Limits policy={field("ratelimit-policy")} state={field("ratelimit")} />
      <Body answer={answer} state={state} path={asked.path} type={field("content-type")} />
      <details class="panel-body">
        <summary>Header fields ({answer.headers.length})</summary>
        <dl class="terms mono small">
          {answer.headers.map(([name, value], index) => (
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
  // Counted from when the answer came.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const came = useMemo(() => now, [policy, state]);
  const limits = limitsOf(policy, state);
  if (limits.length === 0) {
    return null;
  }
  return (
    <ul class="panel-body limits small" aria-label="Rate limits in the answer">
      {limits.map(({ name, limit, window, remaining, resets }) => (
        <li key={name}>
          <b>{limitOwner(name)}</b>
          <span class="numbers">
            {remaining === undefined ? "" : `${number(remaining)} left`}
            {limit === undefined ? "" : ` of ${number(limit)}`}
            {window === undefined ? "" : ` per ${span(window)}`}
            {resets !== undefined && (
              <>
                , anew in <Countdown to={came + resets} past="now" />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Server-Timing in milliseconds: the proxy's part is often below one. */
function exactly(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : milliseconds(value);
}

function requestOf(answer: Answer, asked: Draft, ours: boolean): Request {
  return {
    status: answer.status,
    problem: ours ? codeOf(answer.text) : null,
    api_name: asked.api,
    method: asked.method,
    path: asked.path,
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
