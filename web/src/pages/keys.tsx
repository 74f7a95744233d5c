import { Plus } from "lucide-preact";
import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../components/button";
import { Empty } from "../components/empty";
import { Gone, useGone } from "../components/gone";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { pageCode } from "../components/page-code";
import { usePlace } from "../components/place";
import { useKeys } from "../data/keys";
import { useProviders } from "../data/providers";
import { KeyList } from "./keys/list";
import "./keys.css";

const AddKey = lazy(() => pageCode(() => import("./keys/add")));
const KeyDetails = lazy(() => pageCode(() => import("./keys/details")));

/** The vault: what is stored, whether it works, and a way to store more. */
export default function Keys() {
  const { query, go } = usePlace();
  const keys = useKeys(true);
  const providers = useProviders();
  const adding = query["add"];
  const shown = keys.data?.find((key) => key.key_id === query["key"]);
  const gone = useGone(query["key"], shown !== undefined, keys);
  const add = (
    <Button variant="primary" onClick={() => go({ add: "" }, true)}>
      <Plus size={16} /> Add a key
    </Button>
  );

  return (
    <Page
      title="Keys"
      lead="The real credentials of the APIs you use. They rest encrypted, and no call shows them again."
      actions={
        <>
          <a class="button" href="/env-files">
            .env files
          </a>
          {add}
        </>
      }
    >
      <Loaded query={keys}>
        {(stored) =>
          stored.length === 0 ? (
            <Empty
              title="No keys yet"
              action={
                <>
                  {add}
                  <a class="button" href="/env-files">
                    Import a .env file
                  </a>
                </>
              }
            >
              Store the key of an API. Your scripts then call it through the dashboard with a token
              that you can revoke, and never hold the real key.
            </Empty>
          ) : (
            <KeyList keys={stored} providers={providers.data ?? []} />
          )
        }
      </Loaded>
      <ErrorBoundary>
        {adding !== undefined && (
          <AddKey
            chosen={adding}
            pool={query["pool"]}
            providers={providers}
            stored={keys.data ?? []}
            onClose={() => go({ add: undefined, pool: undefined })}
          />
        )}
        {gone && (
          <Gone title="Key" onClose={() => go({ key: undefined, do: undefined })}>
            The key {query["key"]?.slice(0, 64)} is not among yours. It was deleted, or the link to
            it is wrong.
          </Gone>
        )}
        {shown !== undefined && (
          <KeyDetails
            key={shown.key_id}
            stored={shown}
            provider={providers.data?.find(({ slug }) => slug === shown.provider)}
            pool={keys.data?.filter(({ api_name }) => api_name === shown.api_name) ?? [shown]}
          />
        )}
      </ErrorBoundary>
    </Page>
  );
}
