import { Plus } from "lucide-preact";
import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { MissingItem, useMissingItem } from "../../components/missing-item";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { loadPage } from "../../components/load-page";
import { useQueryParams } from "../../components/query-params";
import { useKeys } from "../../data/keys";
import { useProviders } from "../../data/providers";
import { KeyList } from "./list";
import "./style.css";

const AddKey = lazy(() => loadPage(() => import("./add")));
const KeyDetails = lazy(() => loadPage(() => import("./details")));

/** The stored keys with their states, and the form to add more. */
export default function Keys() {
  const { query, setQuery } = useQueryParams();
  const keys = useKeys(true);
  const providers = useProviders();
  const adding = query["add"];
  const openKey = keys.data?.find((key) => key.key_id === query["key"]);
  const missing = useMissingItem(query["key"], openKey !== undefined, keys);
  const add = (
    <Button variant="primary" onClick={() => setQuery({ add: "" }, true)}>
      <Plus size={16} /> Add key
    </Button>
  );

  return (
    <Page
      title="Keys"
      lead="The real credentials of the APIs you use. They are stored encrypted and never shown again."
      actions={
        <>
          <a class="button" href="/env-files">
            .env files
          </a>
          {add}
        </>
      }
    >
      <QueryState query={keys}>
        {(stored) =>
          stored.length === 0 ? (
            <EmptyState
              title="No keys yet"
              action={
                <>
                  {add}
                  <a class="button" href="/env-files">
                    Import .env file
                  </a>
                </>
              }
            >
              Add an API key. Your scripts then call the API through the dashboard with a token that
              you can revoke, and never see the real key.
            </EmptyState>
          ) : (
            <KeyList keys={stored} providers={providers.data ?? []} />
          )
        }
      </QueryState>
      <ErrorBoundary>
        {adding !== undefined && (
          <AddKey
            chosen={adding}
            pool={query["pool"]}
            providers={providers}
            stored={keys.data ?? []}
            onClose={() => setQuery({ add: undefined, pool: undefined })}
          />
        )}
        {missing && (
          <MissingItem title="Key" onClose={() => setQuery({ key: undefined, do: undefined })}>
            The key {query["key"]?.slice(0, 64)} does not exist. It may have been deleted, or the
            link is wrong.
          </MissingItem>
        )}
        {openKey !== undefined && (
          <KeyDetails
            key={openKey.key_id}
            stored={openKey}
            provider={providers.data?.find(({ slug }) => slug === openKey.provider)}
            pool={keys.data?.filter(({ api_name }) => api_name === openKey.api_name) ?? [openKey]}
          />
        )}
      </ErrorBoundary>
    </Page>
  );
}
