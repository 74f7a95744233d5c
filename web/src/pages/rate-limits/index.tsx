import { lazy } from "preact-iso";
import { useMemo } from "preact/hooks";
import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { TextField } from "../../components/fields";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { Pager } from "../../components/pager";
import { useQueryParams, usePageParam, useTextParam } from "../../components/query-params";
import { useNow } from "../../components/time";
import { type Key, useKeys } from "../../data/keys";
import { type RateLimit, useRateLimits } from "../../data/rate-limits";
import { useTokens } from "../../data/tokens";
import { NEW_KEY_PATH } from "../../logic/navigation/routes";
import { keyNamesByApi } from "../../logic/keys/key-names";
import { asOf } from "../../logic/limits/quota";
import { RemoveLimit } from "./remove-limit";
import { SetLimit } from "./set-limit";
import { ApiLimits, type ApiLimitsRow } from "./api-limits";
import "./style.css";

const Reserve = lazy(() => import("./reserve-dialog"));

// Milliseconds between two refreshes.
const REFRESH_INTERVAL = 5_000;
// With this many APIs, a search field is useful.
const MANY = 7;
// APIs per page.
const PAGE = 25;

/** The limits of every API: the policy with its reservations, and the reported limits. */
export default function RateLimits() {
  const limits = useRateLimits(REFRESH_INTERVAL);
  const keys = useKeys();
  return (
    <Page
      title="Rate limits"
      lead="Your own limits are exact: however many calls arrive at once, no more than the limit pass. An API’s own limits are read from its responses."
    >
      <QueryState query={keys}>
        {(stored) => (
          <QueryState query={limits}>{(known) => <Apis keys={stored} known={known} />}</QueryState>
        )}
      </QueryState>
    </Page>
  );
}

function Apis({ keys, known }: { keys: readonly Key[]; known: readonly RateLimit[] }) {
  const tokens = useTokens();
  const { query } = useQueryParams();
  const [text, setText] = useTextParam("api");
  const now = useNow();
  const rows = useMemo(() => toRows(keys, known), [keys, known]);
  const wanted = text.trim().toLowerCase();
  const found = rows.filter((row) => row.api_name.includes(wanted));
  const pages = Math.ceil(found.length / PAGE);
  const [page, goTo] = usePageParam(pages);
  const shown = found.slice((page - 1) * PAGE, page * PAGE);
  if (rows.length === 0) {
    return (
      <EmptyState
        title="No APIs yet"
        action={
          <a class="button primary" href={NEW_KEY_PATH}>
            Add key
          </a>
        }
      >
        Add the key of an API first, then limit how often it is called.
      </EmptyState>
    );
  }
  return (
    <>
      {(rows.length >= MANY || wanted !== "") && (
        <div class="limits-filter">
          <TextField label="API" type="search" value={text} onValue={setText} />
          {wanted !== "" && (
            <Button onClick={() => setText("")}>Show all {rows.length} APIs</Button>
          )}
        </div>
      )}
      {found.length === 0 && <p class="muted break">No API matches “{text.trim()}”.</p>}
      <div class="stack">
        {shown.map((row) => (
          <ApiLimits
            key={row.api_name}
            row={row.quota === undefined ? row : { ...row, quota: asOf(row.quota, now) }}
            tokens={tokens.data}
            now={now}
          />
        ))}
      </div>
      <Pager page={page} pages={pages} onPage={goTo} />
      <OpenDialog query={query} rows={rows} />
    </>
  );
}

/** The dialog that the URL opens. */
function OpenDialog({
  query,
  rows,
}: {
  query: Readonly<Record<string, string>>;
  rows: readonly ApiLimitsRow[];
}) {
  const { setQuery } = useQueryParams();
  const named = (name: string | undefined) => rows.find((row) => row.api_name === name);
  const choosing = query["set"] === "";
  const setting = choosing ? rows[0] : named(query["set"]);
  const removing = named(query["remove"]);
  const reserving = named(query["reserve"]);
  const toReserve = query["for"] === "reserve";
  return (
    <>
      {setting && (
        <SetLimit
          rows={rows}
          first={setting}
          choosing={choosing}
          toReserve={toReserve}
          onClose={() => setQuery({ set: undefined, for: undefined })}
          onSet={(api) =>
            setQuery({ set: undefined, for: undefined, reserve: toReserve ? api : undefined })
          }
        />
      )}
      {removing?.policy && (
        <RemoveLimit
          api={removing.api_name}
          policy={removing.policy}
          reservations={removing.quota?.reservations ?? []}
          onClose={() => setQuery({ remove: undefined })}
        />
      )}
      {reserving && (
        <Reserve
          key={`${reserving.api_name} ${query["token"] ?? ""}`}
          row={reserving}
          tokenId={query["token"]}
          onClose={() => setQuery({ reserve: undefined, token: undefined })}
        />
      )}
    </>
  );
}

/** Every API that has a key or a limit, by name. */
function toRows(keys: readonly Key[], known: readonly RateLimit[]): ApiLimitsRow[] {
  const pools = keyNamesByApi(keys);
  const names = new Set([...keys, ...known].map((item) => item.api_name));
  return [...names].sort().map((api_name) => {
    const quota = known.find((item) => item.api_name === api_name);
    const { limit, window } = quota ?? { limit: null, window: null };
    const own = quota?.source === "policy" && limit !== null && window !== null;
    return {
      api_name,
      keys: pools.get(api_name) ?? new Map<string, string>(),
      policy: own ? { limit, window } : undefined,
      quota,
    };
  });
}
