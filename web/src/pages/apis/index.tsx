import type { ComponentChildren } from "preact";
import { useRoute } from "preact-iso";
import { EmptyState } from "../../components/empty-state";
import { Notice } from "../../components/notice";
import { Page } from "../../components/page";
import { type QueryResult, QueryState } from "../../components/query-state";
import { RunLines } from "../../components/run-lines";
import { Snippets } from "../../components/snippets";
import { type Key, useKeys } from "../../data/keys";
import { useAgents } from "../../data/agents";
import { type Provider, useProvider, useProviders } from "../../data/providers";
import { agentsFor } from "../../logic/snippets/agents";
import type { SnippetApi } from "../../logic/snippets/api-snippets";
import { newKeyPath, newTokenPath, playgroundPath } from "../../logic/navigation/routes";
import { ApiFacts, type ProvidedApi } from "./facts";
import "./style.css";

/** One API: lines for agents, SDKs, frameworks and editors that call it, and its limits. */
export default function ApiPage() {
  const { params } = useRoute();
  const apiName = params["api"] ?? "";
  const keys = useKeys();
  const stored = keys.data?.filter((key) => key.api_name === apiName) ?? [];
  const hasKey = stored.length > 0;
  // Without a key, the name may be a provider's.
  const catalogue = useProviders(keys.data !== undefined && !hasKey);
  const slug = hasKey
    ? stored.find((key) => key.provider !== null)?.provider
    : catalogue.data?.find((each) => each.slug === apiName)?.slug;
  const one = useProvider(slug);
  const queries: QueryResult<unknown>[] = [keys, ...(hasKey ? [] : [catalogue])];
  const waiting = [...queries, ...(slug ? [one] : [])].find(({ data }) => data === undefined);
  const provider = one.data;

  return (
    <Page
      title={titleOf(apiName, provider)}
      place={apiName}
      lead={
        (hasKey || slug) && (
          <>
            Copy a line, and your program calls <code>{apiName}</code> with a token instead of the
            real key.
          </>
        )
      }
      actions={
        hasKey && (
          <>
            <a class="button" href={playgroundPath(apiName)}>
              Try in the playground
            </a>
            <a class="button primary" href={newTokenPath(apiName)}>
              Create token
            </a>
          </>
        )
      }
    >
      {waiting !== undefined ? (
        <QueryState query={waiting} rows={8}>
          {() => null}
        </QueryState>
      ) : hasKey || provider !== undefined ? (
        <AllLines
          key={apiName}
          api={{ apiName, baseUrl: stored[0]?.base_url ?? provider?.base_url ?? "", provider }}
          stored={stored}
        />
      ) : (
        <EmptyState
          title={`No API with the name ${apiName}`}
          action={
            <>
              <a class="button primary" href={newKeyPath(apiName)}>
                Add key
              </a>
              <a class="button" href="/keys">
                View all keys
              </a>
            </>
          }
        >
          No key has this API name, and the catalogue has no such provider.
        </EmptyState>
      )}
    </Page>
  );
}

function AllLines({ api, stored }: { api: ProvidedApi; stored: readonly Key[] }) {
  return (
    <>
      {stored.length === 0 && (
        <Notice
          kind="warn"
          action={
            <a class="button small" href={newKeyPath(api.apiName)}>
              Add key
            </a>
          }
        >
          You have no key for {api.apiName} yet. Calls fail until you add one.
        </Notice>
      )}
      <div class="api-page">
        <div class="stack">
          <Lines title="Run an agent or a script">
            <RunLines api={api} param="agent" byHand />
          </Lines>
          <Lines title={api.provider === undefined ? "Code" : "SDKs and frameworks"}>
            <Snippets
              api={api}
              first="python"
              kinds={["python", "javascript", "frameworks"]}
              param="sdk"
              addressHints={false}
            />
          </Lines>
          <Editors api={api} />
          <Lines title="Variables and curl">
            <Snippets
              api={api}
              kinds={["shell", "env", "curl"]}
              param="client"
              addressHints={false}
            />
          </Lines>
        </div>
        <ApiFacts api={api} stored={stored} />
      </div>
    </>
  );
}

/** What to enter in the settings of editors, if any can call the API. */
function Editors({ api }: { api: SnippetApi }) {
  const [shown] = agentsFor(useAgents(), "editor", api);
  return shown === undefined ? null : (
    <Lines title="Editors">
      <Snippets api={api} first="editors" kinds={["editors"]} param="editor" addressHints={false} />
    </Lines>
  );
}

/** The provider's name, and the API's if it is another. */
function titleOf(apiName: string, provider: Provider | undefined): string {
  if (provider === undefined || provider.slug === apiName) {
    return provider?.name ?? apiName;
  }
  return `${provider.name}: ${apiName}`;
}

function Lines({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}
