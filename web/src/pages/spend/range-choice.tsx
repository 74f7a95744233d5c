import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { useQueryParams } from "../../components/query-params";
import { type SpendRange } from "../../logic/spend/days";
import { keptMonths, rangeError } from "../../logic/spend/range";

const CUSTOM = "custom";

/** Choose the days, which are part of the URL. */
export function RangeChoice({ range, today }: { range: SpendRange; today: string }) {
  const { setQuery } = useQueryParams();
  const [choosing, setChoosing] = useState(false);
  const months = keptMonths(today);
  const own = `${range.start} to ${range.end}`;
  const value = range.name === "month" ? range.start.slice(0, 7) : range.name;

  function choose(name: string) {
    if (name === CUSTOM) {
      setChoosing(true);
      return;
    }
    const isMonth = months.some(([month]) => month === name);
    setQuery({
      month: isMonth && name !== months[0]?.[0] ? name : undefined,
      range: isMonth ? undefined : name,
      from: undefined,
      to: undefined,
    });
  }

  return (
    <>
      <select
        class="spend-range"
        aria-label="Period"
        value={value}
        onChange={(event) => {
          choose(event.currentTarget.value);
          // The choice of a custom range takes effect in its dialog.
          event.currentTarget.value = value;
        }}
      >
        {range.name === CUSTOM && <option value={CUSTOM}>{own}</option>}
        <option value="7d">Last 7 days</option>
        <option value="30d">Last 30 days</option>
        {months.map(([month, text]) => (
          <option key={month} value={month}>
            {text}
          </option>
        ))}
        {range.name !== CUSTOM && <option value={CUSTOM}>Other days…</option>}
      </select>
      {range.name === CUSTOM && (
        <Button size="small" onClick={() => setChoosing(true)}>
          Change days
        </Button>
      )}
      {choosing && <RangeDialog range={range} today={today} onClose={() => setChoosing(false)} />}
    </>
  );
}

function RangeDialog({
  range,
  today,
  onClose,
}: {
  range: SpendRange;
  today: string;
  onClose: () => void;
}) {
  const { setQuery } = useQueryParams();
  const [from, setFrom] = useState(range.start);
  const [to, setTo] = useState(range.end);
  const form = useForm(
    ["from", "to"],
    () => {
      onClose();
      setQuery({ month: undefined, range: undefined, from, to });
      return Promise.resolve();
    },
    () => {
      const error = rangeError(from, to, today);
      return error === undefined ? {} : from === "" ? { from: error } : { to: error };
    },
  );
  return (
    <Dialog title="Choose days" onClose={onClose}>
      <form class="stack" onSubmit={form.submit} noValidate>
        <div class="field-grid">
          <TextField
            label="First day"
            type="date"
            value={from}
            onValue={setFrom}
            error={form.at("from")}
            autofocus
          />
          <TextField
            label="Last day"
            type="date"
            value={to}
            onValue={setTo}
            error={form.at("to")}
          />
        </div>
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary">
            Show days
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
