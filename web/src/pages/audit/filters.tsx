import { useEffect, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { SelectField, TextField } from "../../components/fields";
import {
  ACTION_KINDS,
  type AuditFilter,
  auditPath,
  DAYS,
  OUTCOMES,
} from "../../logic/audit/audit-filter";
import { localDate } from "../../logic/spend/days";
import { allowedAddressesError } from "../../logic/tokens/allowed-addresses";

const SCOPES = [
  ["account", "This account"],
  ["installation", "This server"],
] as const;

/** The filters of the log, which are part of the URL. */
export function Filters({
  filter,
  onFilter,
}: {
  filter: AuditFilter;
  onFilter: (filter: AuditFilter) => void;
}) {
  const { action = "", outcome = "", days, from, to, scope = "account" } = filter;
  const between = from !== undefined || to !== undefined;
  const period = between ? "between" : days === undefined ? "" : String(days);

  function change(changes: { [name in keyof AuditFilter]: AuditFilter[name] | undefined }) {
    const next = Object.entries({ ...filter, ...changes });
    onFilter(Object.fromEntries(next.filter(([, value]) => value !== undefined && value !== "")));
  }

  function choosePeriod(value: string) {
    const week = localDate(Date.now() - 6 * 86_400_000);
    change({
      days: value === "" || value === "between" ? undefined : Number(value),
      from: value === "between" ? week : undefined,
      to: undefined,
    });
  }

  return (
    <search class="audit-filters">
      <SelectField
        label="Log"
        value={scope}
        options={SCOPES}
        onValue={(value) => change({ scope: value === "installation" ? value : undefined })}
      />
      <SelectField<string>
        label="Action"
        value={action}
        options={withOther(ACTION_KINDS, action)}
        onValue={(value) => change({ action: value })}
      />
      <SelectField
        label="Outcome"
        value={outcome}
        options={OUTCOMES}
        onValue={(value) => change({ outcome: value === "" ? undefined : value })}
      />
      <SelectField<string>
        label="Time"
        value={period}
        options={withOther(DAYS, period, `Last ${period} days`)}
        onValue={choosePeriod}
      />
      <SourceField source={filter.source} onSource={(source) => change({ source })} />
      {between && (
        <>
          <TextField
            label="From"
            type="date"
            value={from ?? ""}
            onValue={(value) => change({ from: value })}
          />
          <TextField
            label="To"
            type="date"
            value={to ?? ""}
            onValue={(value) => change({ to: value })}
          />
        </>
      )}
      {auditPath(filter) !== auditPath({}) && (
        <Button variant="quiet" onClick={() => onFilter({})}>
          Clear filters
        </Button>
      )}
    </search>
  );
}

/** The address, which filters once it is complete. */
function SourceField({
  source = "",
  onSource,
}: {
  source: string | undefined;
  onSource: (source: string | undefined) => void;
}) {
  const [text, setText] = useState(source);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    setText(source);
    setWrong(undefined);
  }, [source]);

  function apply() {
    const wanted = text.trim().toLowerCase();
    const error = /[\s,]/.test(wanted)
      ? "Enter one address or network."
      : allowedAddressesError(wanted);
    setWrong(error);
    if (error === undefined && wanted !== source) {
      onSource(wanted === "" ? undefined : wanted);
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <TextField
        label="Address or network"
        placeholder="203.0.113.7"
        value={text}
        onValue={setText}
        onBlur={apply}
        error={wrong}
      />
    </form>
  );
}

/** The options with one for a value of the URL that is none of them. */
function withOther(
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  text = value,
): readonly (readonly [value: string, text: string])[] {
  return options.some(([known]) => known === value) ? options : [...options, [value, text]];
}
