import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { EmptyState } from "../../components/empty-state";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { useKeys } from "../../data/keys";
import {
  composeRequest,
  type RequestDraft,
  EMPTY_DRAFT,
  type DraftErrors,
  METHODS,
  splitPath,
  normalizeDraft,
} from "../../logic/playground/compose";
import { NEW_KEY_PATH, playgroundPath } from "../../logic/navigation/routes";
import { Composer } from "./composer";
import { type Exchange, useExchange } from "./exchange";
import { useRequestHistory } from "./history";
import { HistoryPanel } from "./history-panel";
import { ResponsePanel } from "./response-panel";
import { RequestSnippet } from "./request-snippet";
import "../../components/request-status.css";
import "./style.css";

/** Compose a request, send it through the proxy and show the response. */
export default function Playground() {
  const { query, url, route } = useLocation();
  const keys = useKeys();
  const history = useRequestHistory();
  const { exchange, send, cancel, busy } = useExchange();
  const [draft, setDraft] = useState<RequestDraft>(EMPTY_DRAFT);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [sentDraft, setSentDraft] = useState<RequestDraft>(EMPTY_DRAFT);

  // A link can contain API, method and path. The rest is never part of the URL.
  useEffect(() => setDraft((now) => ({ ...now, ...draftFromQuery(query) })), [url, query]);

  const apis = [...new Set(keys.data?.map(({ api_name }) => api_name))].sort();
  const current: RequestDraft = { ...draft, api: draft.api || (apis[0] ?? "") };
  const normalized = normalizeDraft(current);
  const composed = composeRequest(normalized);

  function updateUrl(next: RequestDraft) {
    const target = playgroundPath(next.api, next.method, next.path === "/" ? undefined : next.path);
    if (target !== location.pathname + location.search) {
      route(target, true);
    }
  }

  async function run(follow = false) {
    if ("errors" in composed) {
      setErrors(composed.errors);
      return;
    }
    setErrors({});
    setDraft(normalized);
    setSentDraft(normalized);
    updateUrl(normalized);
    history.add(normalized, statusOf(await send(composed.request, follow)));
  }

  return (
    <Page
      title="Playground"
      lead="Call an API through the proxy with your session. Each call is counted and logged like any other."
    >
      <QueryState query={keys}>
        {(stored) =>
          stored.length === 0 ? (
            <EmptyState
              title="No API to call yet"
              action={
                <a class="button primary" href={NEW_KEY_PATH}>
                  Add key
                </a>
              }
            >
              Add the key of an API first, then try it here.
            </EmptyState>
          ) : (
            <div class="playground">
              <Composer
                draft={current}
                apis={apis}
                baseUrl={stored.find(({ api_name }) => api_name === normalized.api)?.base_url}
                errors={errors}
                busy={busy}
                onDraft={setDraft}
                onSettled={(next) => {
                  const whole = normalizeDraft(next);
                  setDraft(whole);
                  updateUrl(whole);
                }}
                onSend={() => run()}
                onCancel={cancel}
              />
              <ResponsePanel
                exchange={exchange}
                draft={sentDraft}
                onFollow={
                  sentDraft.method === "GET" || sentDraft.method === "HEAD"
                    ? () => run(true)
                    : undefined
                }
              />
              <div class="stack playground-more">
                {"request" in composed && <RequestSnippet request={composed.request} />}
                <HistoryPanel
                  sent={history.sent}
                  onClear={history.clear}
                  onChoose={(again) => {
                    setDraft(again);
                    updateUrl(again);
                  }}
                />
              </div>
            </div>
          )
        }
      </QueryState>
    </Page>
  );
}

function draftFromQuery(
  query: Readonly<Record<string, string | undefined>>,
): Partial<RequestDraft> {
  const method = METHODS.find((one) => one === query["method"]);
  const { path, query: rest } = splitPath(query["path"] ?? "");
  return {
    ...(query["api"] === undefined ? {} : { api: query["api"], method: method ?? "GET" }),
    ...(path === "" ? {} : { path }),
    ...(rest === undefined ? {} : { query: rest }),
  };
}

function statusOf(exchange: Exchange): number | undefined {
  return "response" in exchange ? exchange.response.status : undefined;
}
