import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { useQueryParams } from "../../components/query-params";
import { toLocalHour, customPeriod, type Period, periodQuery } from "../../logic/charts/period";

/** The form for a custom period. */
export default function CustomPeriodDialog({ period }: { period: Period }) {
  const { setQuery } = useQueryParams();
  const [from, setFrom] = useState(toLocalHour(period.start));
  const [to, setTo] = useState(toLocalHour(period.end));
  const close = () => setQuery({ choose: undefined });
  const form = useForm(
    ["from", "to"],
    () => {
      const [first, last] = [epoch(from), epoch(to)];
      setQuery({ ...periodQuery(first, last), choose: undefined });
      return Promise.resolve();
    },
    () => {
      if (Number.isNaN(epoch(from))) {
        return { from: "Enter a date and a time." };
      }
      if (Number.isNaN(epoch(to))) {
        return { to: "Enter a date and a time." };
      }
      const { from: first, to: last } = periodQuery(epoch(from), epoch(to));
      return customPeriod(first, last) === null
        ? { to: "Choose a time after the start and at most 400 days later." }
        : {};
    },
  );
  return (
    <Dialog title="Choose a period" onClose={close}>
      <form class="stack" onSubmit={form.submit} noValidate>
        <div class="field-grid">
          <TextField
            label="From"
            type="datetime-local"
            step={3600}
            value={from}
            onValue={setFrom}
            error={form.at("from")}
          />
          <TextField
            label="To"
            type="datetime-local"
            step={3600}
            value={to}
            onValue={setTo}
            error={form.at("to")}
          />
        </div>
        <p class="hint">
          Whole hours in your time zone. Periods longer than 8 days are shown by day (UTC). You can
          also select a period by dragging across a chart.
        </p>
        <footer class="actions">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" variant="primary">
            Show period
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function epoch(local: string): number {
  return new Date(local).getTime() / 1000;
}
