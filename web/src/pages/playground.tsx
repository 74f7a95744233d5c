import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Empty } from "../components/empty";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { useKeys } from "../data/keys";
import {
  compose,
  type Draft,
  EMPTY,
  type Faults,
  METHODS,
  partPath,
  settled,
} from "../logic/compose";
import { NEW_KEY, playgroundPlace } from "../logic/places";
import { Composer } from "./playground/composer";
import { type Exchange, useExchange } from "./playground/exchange";
import { useHistory } from "./playground/history";
import { Past } from "./playground/past";
import { Response } from "./playground/response";
import { Snippets } from "./playground/snippets";
import "../components/outcome.css";
import "./playground.css";

/** Composes a request through the proxy, sends it, and shows what comes back. */
export default function Playground() {
  const { query, url, route } = useLocation();
  const keys = useKeys();
  const history = useHistory();
  const { exchange, send, cancel, busy } = useExchange();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [faults, setFaults] = useState<Faults>({});
  const [asked, setAsked] = useState<Draft>(EMPTY);

  // A link may bring API, method and path; the rest is never in the address.
  useEffect(() => setDraft((now) => ({ ...now, ...placed(query) })), [url, query]);

  const apis = [...new Set(keys.data?.map(({ api_name }) => api_name))].sort();
  const typed: Draft = { ...draft, api: draft.api || (apis[0] ?? "") };
  const chosen = settled(typed);
  const composed = compose(chosen);

  function place(next: Draft) {
    const target = playgroundPlace(
      next.api,
      next.method,
      next.path === "/" ? undefined : next.path,
    );
    if (target !== location.pathname + location.search) {
      route(target, true);
    }
  }

  async function run(follow = false) {
    if ("faults" in composed) {
      setFaults(composed.faults);
      return;
    }
    setFaults({});
    setDraft(chosen);
    setAsked(chosen);
    place(chosen);
    history.add(chosen, statusOf(await send(composed.request, follow)));
  }

  return (
    <Page
      title="Playground"
      lead="Calls an API through the proxy with your session. Each call counts and stands in the log like any other."
    >
      <Loaded query={keys}>
        {(stored) =>
          stored.length === 0 ? (
            <Empty
              title="No API to call yet"
              action={
                <a class="button primary" href={NEW_KEY}>
                  Add a key
                </a>
              }
            >
              Store the key of an API first; then try it here.
            </Empty>
          ) : (
            <div class="playground">
              <Composer
                draft={typed}
                apis={apis}
                baseUrl={stored.find(({ api_name }) => api_name === chosen.api)?.base_url}
                faults={faults}
                busy={busy}
                onDraft={setDraft}
                onSettled={(next) => {
                  const whole = settled(next);
                  setDraft(whole);
                  place(whole);
                }}
                onSend={() => run()}
                onCancel={cancel}
              />
              <Response
                exchange={exchange}
                asked={asked}
                onFollow={
                  asked.method === "GET" || asked.method === "HEAD" ? () => run(true) : undefined
                }
              />
              <div class="stack playground-more">
                {"request" in composed && <Snippets request={composed.request} />}
                <Past
                  sent={history.sent}
                  onClear={history.clear}
                  onChoose={(again) => {
                    setDraft(again);
                    place(again);
                  }}
                />
              </div>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function placed(query: Readonly<Record<string, string | undefined>>): Partial<Draft> {
  const method = METHODS.find((one) => one === query["method"]);
  const { path, query: rest } = partPath(query["path"] ?? "");
  return {
    ...(query["api"] === undefined ? {} : { api: query["api"], method: method ?? "GET" }),
    ...(path === "" ? {} : { path }),
    ...(rest === undefined ? {} : { query: rest }),
  };
}

function statusOf(exchange: Exchange): number | undefined {
  return "answer" in exchange ? exchange.answer.status : undefined;
}
