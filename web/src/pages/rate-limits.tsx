import { Button } from "../components/button";
import { Empty } from "../components/empty";
import { TextField } from "../components/fields";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { usePlace, usePlacedText } from "../components/place";
import { useNow } from "../components/time";
import { type Key, useKeys } from "../data/keys";
import { type RateLimit, useRateLimits } from "../data/rate-limits";
import { asOf } from "../logic/board";
import { NEW_KEY } from "../logic/places";
import { quotas } from "../logic/quota";
import { ApiLimits, type ApiRow } from "./rate-limits/api-limits";
import { RemoveLimit } from "./rate-limits/remove";
import { SetLimit } from "./rate-limits/set";
import "./rate-limits.css";

// Milliseconds between two readings.
const AGAIN = 5_000;
// From this many APIs on, one is easier found by its name.
const MANY = 7;

/** The limits of every API: the user's own, and what the API said of its own. */
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
          <Loaded query={limits}>{(known) => <Apis rows={rowsOf(stored, known)} />}</Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function Apis({ rows }: { rows: readonly ApiRow[] }) {
  const { query, go } = usePlace();
  const [text, setText] = usePlacedText("api");
  const now = useNow();
  const wanted = text.trim().toLowerCase();
  const shown = rows.filter((row) => row.api_name.includes(wanted));
  const wantsChoice = query["set"] === "";
  const setting = wantsChoice ? rows[0] : rows.find((row) => row.api_name === query["set"]);
  const removing = rows.find((row) => row.api_name === query["remove"]);
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
      {shown.length === 0 && <p class="muted break">No API is called like “{text.trim()}”.</p>}
      <div class="stack">
        {shown.map((row) => (
          <ApiLimits
            key={row.api_name}
            row={{ ...row, limits: row.limits.map((limit) => asOf(limit, now)) }}
            now={now}
            onSet={() => go({ set: row.api_name }, true)}
            onRemove={() => go({ remove: row.api_name }, true)}
          />
        ))}
      </div>
      {setting && (
        <SetLimit
          rows={rows}
          first={setting}
          choosing={wantsChoice}
          onClose={() => go({ set: undefined })}
        />
      )}
      {removing?.policy && (
        <RemoveLimit
          api={removing.api_name}
          policy={removing.policy}
          onClose={() => go({ remove: undefined })}
        />
      )}
    </>
  );
}

/** Every API that has a key or a limit, by name. */
function rowsOf(keys: readonly Key[], known: readonly RateLimit[]): ApiRow[] {
  const names = new Set([...keys, ...known].map((item) => item.api_name));
  // The pace is a matter of the overview: here stands what is, not what is to be expected.
  const all = quotas(known, keys, new Map(), Date.now() / 1000);
  return [...names].sort().map((api_name) => {
    const answer = known.find((item) => item.api_name === api_name);
    const { limit, window } = answer ?? { limit: null, window: null };
    const own = answer?.source === "policy" && limit !== null && window !== null;
    return {
      api_name,
      keys: keys.filter((key) => key.api_name === api_name),
      policy: own ? { limit, window } : undefined,
      limits: all.find((quota) => quota.api_name === api_name)?.limits ?? [],
    };
  });
}
