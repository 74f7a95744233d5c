import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { SelectField, TextField } from "../../components/fields";
import { Pager } from "../../components/pager";
import { useQueryParams, usePageParam, useTextParam } from "../../components/query-params";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { pluralize } from "../../logic/format/numbers";
import {
  filterKeys,
  type KeyState,
  paginatePools,
  type Pool,
  groupByApi,
} from "../../logic/keys/pools";
import { PoolHeader } from "./pool-header";
import { KeyRow } from "./row";

// Keys per page.
const PAGE = 50;

const STATES: readonly (readonly [value: KeyState | "any", text: string])[] = [
  ["any", "Any state"],
  ["ready", "Ready"],
  ["exhausted", "Exhausted"],
  ["refused", "Refused"],
];

/** The stored keys by API, with filters. */
export function KeyList({ keys, providers }: { keys: Key[]; providers: Provider[] }) {
  const { query, setQuery } = useQueryParams();
  const [text, setText] = useTextParam("q");
  const state = STATES.find(([value]) => value === query["state"])?.[0] ?? "any";
  const found = filterKeys(keys, text, state);
  const pools = groupByApi(found);
  const pages = paginatePools(pools, PAGE);
  const [page, goTo] = usePageParam(pages.length);
  const names = new Map(providers.map(({ slug, name }) => [slug, name]));
  const whole = new Map(groupByApi(keys).map((pool) => [pool.apiName, pool.keys]));

  return (
    <div class="stack">
      <div class="key-filter">
        <TextField
          label="Search"
          type="search"
          placeholder="API, host, description, last four characters"
          value={text}
          onValue={setText}
        />
        <SelectField
          label="State"
          value={state}
          options={STATES}
          onValue={(value) =>
            setQuery({ state: value === "any" ? undefined : value, page: undefined })
          }
        />
        <p class="muted small numbers" role="status">
          {found.length === keys.length
            ? `${pluralize(keys.length, "key")} for ${pluralize(pools.length, "API")}`
            : `${found.length} of ${pluralize(keys.length, "key")}`}
        </p>
      </div>
      {pools.length === 0 ? (
        <EmptyState
          title="No keys match"
          action={
            <Button
              onClick={() => {
                setText("");
                setQuery({ q: undefined, state: undefined });
              }}
            >
              Show all keys
            </Button>
          }
        />
      ) : (
        <div class="panel">
          <table class="keys stacked">
            <caption class="hidden-visually">Stored keys by API</caption>
            <thead>
              <tr>
                <th scope="col">API</th>
                <th scope="col">Key</th>
                <th scope="col">State</th>
                <th scope="col">Last check</th>
                <th scope="col">
                  <span class="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            {(pages[page - 1] ?? []).map((pool) => (
              <PoolRows
                key={pool.apiName}
                pool={pool}
                whole={whole.get(pool.apiName) ?? pool.keys}
                names={names}
              />
            ))}
          </table>
        </div>
      )}
      <Pager page={page} pages={pages.length} onPage={goTo} />
    </div>
  );
}

function PoolRows({
  pool,
  whole,
  names,
}: {
  pool: Pool<Key>;
  /** All keys of the API, including those that the filter hides. */
  whole: readonly Key[];
  names: ReadonlyMap<string, string>;
}) {
  const [first] = pool.keys;
  const provider = whole.find((key) => key.provider !== null)?.provider;
  return (
    <tbody>
      {pool.keys.map((key) => (
        <KeyRow key={key.key_id} stored={key} pool={whole}>
          {key === first && (
            <th scope="rowgroup" rowSpan={pool.keys.length} class="api-cell">
              <PoolHeader
                apiName={pool.apiName}
                provider={provider ? (names.get(provider) ?? provider) : undefined}
                keys={whole}
              />
            </th>
          )}
        </KeyRow>
      ))}
    </tbody>
  );
}
