import { Button } from "../../components/button";
import { SelectField, TextField } from "../../components/fields";
import { useKeys } from "../../data/keys";
import type { Token } from "../../data/tokens";
import { statusText } from "../../logic/requests/http-status";
import {
  filterPath,
  toLocalDateTime,
  fromLocalDateTime,
  type Range,
  type RequestFilter,
} from "../../logic/requests/request-filter";

const STATUSES = [
  ["", "Any status"],
  ["2xx", "2xx Success"],
  ["3xx", "3xx Redirect"],
  ["4xx", "4xx Client error"],
  ["5xx", "5xx Server error"],
] as const;

const RANGES = [
  ["", "Any time"],
  ["hour", "Last hour"],
  ["day", "Last 24 hours"],
  ["week", "Last 7 days"],
  ["between", "Custom range"],
] as const;

/** The filters of the log, which are part of the URL. */
export function Filters({
  filter,
  tokens,
  onFilter,
}: {
  filter: RequestFilter;
  tokens: readonly Token[];
  onFilter: (filter: RequestFilter) => void;
}) {
  const keys = useKeys();
  const { api = "", status = "", token = "", range, from, to } = filter;
  const between = from !== undefined || to !== undefined;
  const span = between ? "between" : (range ?? "");

  function change(changes: { [name in keyof RequestFilter]: RequestFilter[name] | undefined }) {
    const next = Object.entries({ ...filter, ...changes });
    onFilter(Object.fromEntries(next.filter(([, value]) => value !== undefined && value !== "")));
  }

  function chooseSpan(value: string) {
    if (value === "between") {
      change({ range: undefined, from: Math.floor(Date.now() / 1000) - 3_600, to: undefined });
    } else {
      change({
        range: value === "" ? undefined : (value as Range),
        from: undefined,
        to: undefined,
      });
    }
  }

  const apis = [...new Set([...(keys.data ?? []).map((key) => key.api_name), api])].filter(Boolean);
  const exact = STATUSES.some(([value]) => value === status)
    ? []
    : ([[status, `${status} ${statusText(Number(status))}`]] as const);
  const revoked =
    token === "" || tokens.some(({ token_id }) => token_id === token)
      ? []
      : ([[token, "Revoked token"]] as const);

  return (
    <search class="log-filters">
      <SelectField
        label="API"
        value={api}
        options={[["", "Any API"], ...apis.sort().map((name) => [name, name] as const)]}
        onValue={(value) => change({ api: value })}
      />
      <SelectField
        label="Status"
        value={status}
        options={[...STATUSES, ...exact]}
        onValue={(value) => change({ status: value })}
      />
      <SelectField
        label="Token"
        value={token}
        options={[
          ["", "Any token"],
          ...tokens.map(({ token_id, name }) => [token_id, name] as const),
          ...revoked,
        ]}
        onValue={(value) => change({ token: value })}
      />
      <SelectField label="Time" value={span} options={RANGES} onValue={chooseSpan} />
      {between && (
        <>
          <TextField
            label="From"
            type="datetime-local"
            step={1}
            value={toLocalDateTime(from)}
            onValue={(value) => change({ from: fromLocalDateTime(value) })}
          />
          <TextField
            label="To"
            type="datetime-local"
            step={1}
            value={toLocalDateTime(to)}
            onValue={(value) => change({ to: fromLocalDateTime(value) })}
          />
        </>
      )}
      {filterPath(filter) !== filterPath({}) && (
        <Button variant="quiet" onClick={() => onFilter({})}>
          Clear filters
        </Button>
      )}
    </search>
  );
}
