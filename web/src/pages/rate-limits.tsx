import { lazy } from "preact-iso";
import { useMemo } from "preact/hooks";
import { Button } from "../components/button";
import { Empty } from "../components/empty";
import { TextField } from "../components/fields";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { Pager } from "../components/pager";
import { usePlace, usePlacedPage, usePlacedText } from "../components/place";
import { useNow } from "../components/time";
import { type Key, useKeys } from "../data/keys";
import { type RateLimit, useRateLimits } from "../data/rate-limits";
import { useTokens } from "../data/tokens";
import { NEW_KEY } from "../logic/places";
import { namesOf } from "../logic/key-names";
import { asOf } from "../logic/quota";
import { ApiLimits, type ApiRow } from "./rate-limits/api-limits";
import "./rate-limits.css";

const SetLimit = lazy(() => import("./rate-limits/set"));
const RemoveLimit = lazy(() => import("./rate-limits/remove"));
const Reserve = lazy(() => import("./rate-limits/reserve"));

// Milliseconds between two readings.
const AGAIN = 5_000;
// From this many APIs on, one is easier found by its name.
const MANY = 7;
// APIs on one page of the list.
const PAGE = 25;

/** The limits of every API: the user's own with what is reserved, and what the API said. */
export default function RateLimits() {
  const limits = useRateLimits(AGAIN);
  const keys = useKeys();
  return (
    <Page
      title="Rate limits"
      lead="Limits of your own hold exactly: of any number of calls at once, never more than the limit pass. What an API says of its own limits is read from its answers."
    >
      <Loaded query={keys}>
        {(stored) => (
          <Loaded query={limits}>{(known) => <Apis keys={stored} known={known} />}</Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function Apis({ keys, known }: { keys: readonly Key[]; known: readonly RateLimit[] }) {
  const tokens = useTokens();
  const { query } = usePlace();
  const [text, setText] = usePlacedText("api");
  const now = useNow();
  const rows = useMemo(() => rowsOf(keys, known), [keys, known]);
  const wanted = text.trim().toLowerCase();
  const found = rows.filter((row) => row.api_name.includes(wanted));
  const pages = Math.ceil(found.length / PAGE);
  const [page, goTo] = usePlacedPage(pages);
  const shown = found.slice((page - 1) * PAGE, page * PAGE);
  if (rows.length === 0) {
    return (
      <Empty
        title="No APIs yet"
        action={
          <a class="button primary" href={NEW_KEY}>
            Add a key
          </a>
        }
      >
        Add the key of an API first; then you can limit how often it is called.
      </Empty>
    );
  }
  return (
    <>
      {(rows.length >= MANY || wanted !== "") && (
        <div class="limits-filter">
          <TextField label="API" type="search" value={text} onValue={setText} />
          {wanted !== "" && <Button onClick={() => setText("")}>Show all {rows.length}</Button>}
        </div>
      )}
      {found.length === 0 && <p class="muted break">No API is called like “{text.trim()}”.</p>}
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
      <Opened query={query} rows={rows} />
    </>
  );
}

/** The dialog that the address says is open. */
function Opened({
  query,
  rows,
}: {
  query: Readonly<Record<string, string>>;
  rows: readonly ApiRow[];
}) {
  const { go } = usePlace();
  const named = (name: string | undefined) => rows.find((row) => row.api_name === name);
  const choosing = query["set"] === "";
  const setting = choosing ? rows[0] : named(query["set"]);
  const removing = named(query["remove"]);
  const reserving = named(query["reserve"]);
  const sharing = query["for"] === "reserve";
  return (
    <>
      {setting && (
        <SetLimit
          rows={rows}
          first={setting}
          choosing={choosing}
          sharing={sharing}
          onClose={() => go({ set: undefined, for: undefined })}
          onSet={(api) =>
            go({ set: undefined, for: undefined, reserve: sharing ? api : undefined })
          }
        />
      )}
      {removing?.policy && (
        <RemoveLimit
          api={removing.api_name}
          policy={removing.policy}
          reservations={removing.quota?.reservations ?? []}
          onClose={() => go({ remove: undefined })}
        />
      )}
      {reserving && (
        <Reserve
          key={`${reserving.api_name} ${query["token"] ?? ""}`}
          row={reserving}
          tokenId={query["token"]}
          onClose={() => go({ reserve: undefined, token: undefined })}
        />
      )}
    </>
  );
}

/** Every API that has a key or a limit, by name. */
function rowsOf(keys: readonly Key[], known: readonly RateLimit[]): ApiRow[] {
  const pools = namesOf(keys);
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
