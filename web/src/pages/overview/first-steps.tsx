import { useQueryClient } from "@tanstack/preact-query";
import { Check } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { Code } from "../../components/code";
import { Skeleton } from "../../components/query-state";
import { Notice } from "../../components/notice";
import { RunLines } from "../../components/run-lines";
import { Snippets } from "../../components/snippets";
import { type Key, useKeys } from "../../data/keys";
import type { LoggedRequest } from "../../data/requests";
import { useProvider } from "../../data/providers";
import { useCreateToken, useTokens } from "../../data/tokens";
import { milliseconds } from "../../logic/format/numbers";
import {
  apiPath,
  NEW_KEY_PATH,
  newTokenPath,
  playgroundPath,
  requestsPath,
  tokensPath,
} from "../../logic/navigation/routes";
import { TOKEN_PLACEHOLDER } from "../../logic/snippets/api-snippets";
import { useCreatedToken, useServices } from "../../services";

// Milliseconds between two checks for keys and tokens created elsewhere.
const POLL_INTERVAL = 4_000;
const THIRTY_DAYS = 30 * 86_400; // seconds

/**
 * Guide a new account to its first call; each step is ticked off automatically. `onDecided`
 * receives whether the guide is needed.
 */
export default function FirstSteps({
  latest,
  onDecided,
  onDone,
}: {
  latest: readonly LoggedRequest[];
  onDecided: (needed: boolean) => void;
  onDone: () => void;
}) {
  const keys = useKeys();
  const tokens = useTokens();
  const queries = useQueryClient();
  const first = latest.at(-1);
  const isWaiting = first === undefined;
  const wasUsed = tokens.data?.some((token) => token.last_used_at !== null);

  useEffect(() => {
    if (wasUsed !== undefined && isWaiting) {
      onDecided(!wasUsed);
    }
  }, [wasUsed, isWaiting, onDecided]);
  useEffect(() => {
    if (!isWaiting) {
      return undefined;
    }
    const timer = setInterval(() => {
      if (!document.hidden) {
        void queries.invalidateQueries({ queryKey: ["keys"] });
        void queries.invalidateQueries({ queryKey: ["tokens"] });
      }
    }, POLL_INTERVAL);
    return () => clearInterval(timer);
  }, [isWaiting, queries]);

  const key = keys.data?.[0];
  const newToken = useCreatedToken("firstSteps")?.created;
  if (keys.data === undefined || tokens.data === undefined) {
    return keys.error === null && tokens.error === null ? <Skeleton rows={5} /> : null;
  }
  const hasToken =
    tokens.data.length > 0 || newToken !== undefined || (first?.token_id ?? null) !== null;
  return (
    <section class="panel first-steps" aria-labelledby="first-steps">
      <header>
        <div>
          <h2 id="first-steps">Your first call</h2>
          <p class="muted">Three steps, and your scripts no longer need real keys.</p>
        </div>
        {!isWaiting && newToken === undefined && (
          <Button size="small" onClick={onDone}>
            Hide
          </Button>
        )}
      </header>
      <ol>
        <Step number={1} title="Add a key" done={key !== undefined}>
          {key === undefined ? (
            <>
              <p class="muted">
                For OpenAI, GitHub, Stripe or any other API. The key is stored encrypted and never
                shown again.
              </p>
              <a class="button primary" href={NEW_KEY_PATH}>
                Add key
              </a>
            </>
          ) : (
            <p class="muted break">
              {key.api_name} {key.hint} is stored.
            </p>
          )}
        </Step>
        <Step number={2} title="Create a token" done={hasToken}>
          {key !== undefined && !hasToken && <CreateFirstToken apiKey={key} />}
          {newToken !== undefined && <NewToken token={newToken.token} />}
          {hasToken && (
            <p class="muted">
              Your scripts use it instead of the key. You can <a href={tokensPath()}>revoke it</a>{" "}
              at any time.
            </p>
          )}
          {key === undefined && !hasToken && (
            <p class="muted">Your scripts use it instead of the key.</p>
          )}
        </Step>
        <Step number={3} title="Send the first request" done={!isWaiting}>
          {first === undefined
            ? key !== undefined &&
              hasToken && (
                <FirstRequest
                  apiKey={key}
                  token={newToken?.apis.includes(key.api_name) ? newToken.token : undefined}
                />
              )
            : null}
          <p role="status" class="muted break">
            {first !== undefined && (
              <>
                Request received: {first.method} {first.path} returned {first.status} in{" "}
                {milliseconds(first.duration_ms)}.{" "}
                <a href={requestsPath({ id: first.request_id, at: String(Math.floor(first.at)) })}>
                  View request
                </a>
              </>
            )}
          </p>
        </Step>
      </ol>
    </section>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: number;
  title: string;
  done: boolean;
  children: ComponentChildren;
}) {
  return (
    <li class={done ? "step done" : "step"}>
      <span class="step-sign" aria-hidden="true">
        {done ? <Check size={14} /> : number}
      </span>
      <div class="step-body">
        <h3>
          {title} <span class="hidden-visually">({done ? "done" : "to do"})</span>
        </h3>
        {children}
      </div>
    </li>
  );
}

/** The new token, until it is dismissed. */
function NewToken({ token }: { token: string }) {
  const { firstSteps } = useServices().createdTokens;
  const copied = () => firstSteps.markCopied();
  return (
    <div class="stack tight" onCopy={copied}>
      <Code label="Token" wrap text={token} onCopied={copied} />
      <p class="muted">
        <strong>Copy the token now.</strong> It is not shown again: only its hash is stored.
      </p>
      <div>
        <Button size="small" onClick={() => firstSteps.dismiss()}>
          Hide token
        </Button>
      </div>
    </div>
  );
}

/**
 * Start a program with a token of its own, or create a token for one API. Its value is shown once,
 * and kept in memory until it is dismissed.
 */
function CreateFirstToken({ apiKey }: { apiKey: Key }) {
  const api = apiKey.api_name;
  const provider = useProvider(apiKey.provider).data;
  const create = useCreateToken();
  const { firstSteps } = useServices().createdTokens;
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();

  async function make() {
    setBusy(true);
    setWrong(undefined);
    try {
      const created = await create({
        name: "First call",
        apis: [api],
        methods: [],
        path_prefixes: [],
        allowed_ips: [],
        expires_in: THIRTY_DAYS,
        limit: null,
        window: null,
        rehearsal: null,
      });
      firstSteps.set(created);
    } catch (error) {
      setWrong(asApiError(error).message);
      setBusy(false);
    }
  }

  return (
    <>
      <div class="stack tight">
        <p class="muted break">
          Start an agent or a script with a token of its own, which is revoked at the end:
        </p>
        <RunLines api={{ apiName: api, baseUrl: apiKey.base_url, provider }} firstTime />
      </div>
      <p class="muted break">
        Or create a token and use it in any program. It can call only {api} and expires in 30 days.
        To restrict methods or paths, or to set a limit,{" "}
        <a href={newTokenPath(api)}>create a custom token</a>.
      </p>
      {wrong && <Notice kind="danger">{wrong}</Notice>}
      <Button variant="primary" busy={busy} onClick={make}>
        Create token for {api}
      </Button>
    </>
  );
}

function FirstRequest({ apiKey, token }: { apiKey: Key; token: string | undefined }) {
  const provider = useProvider(apiKey.provider).data;
  const { firstSteps } = useServices().createdTokens;
  const api = apiKey.api_name;
  return (
    <>
      <Snippets
        api={{ apiName: api, baseUrl: apiKey.base_url, provider }}
        token={token ?? TOKEN_PLACEHOLDER}
        first="curl"
        onCopied={() => token !== undefined && firstSteps.markCopied()}
      />
      <p class="muted">
        {token === undefined
          ? "Replace the placeholder with your token. A token is shown only when it is created. "
          : "The snippet contains your token. "}
        You can also send the request{" "}
        <a href={playgroundPath(api, "GET", provider?.check_path ?? "/")}>from the playground</a> or{" "}
        <a href={apiPath(api)}>from an agent, an SDK or an editor</a>.
      </p>
      <p class="muted waiting">
        <span class="spinner" aria-hidden="true" /> Waiting for the first request…
      </p>
    </>
  );
}
