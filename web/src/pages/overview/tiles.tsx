import type { ComponentChildren } from "preact";
import { type Change, compareCounts, completedTotals } from "../../logic/charts/comparison";
import { bytes, milliseconds, number, percent } from "../../logic/format/numbers";
import type { Column, Counts } from "../../logic/charts/series";

/** The data of the tiles for one period. */
export interface PeriodTotals {
  readonly totals: Counts;
  readonly columns: readonly Column[];
}

/** The totals of the period, compared with the previous one if that is known. */
export function Tiles({ sums, before }: { sums: PeriodTotals; before: PeriodTotals | undefined }) {
  const { totals } = sums;
  const now = completedTotals(sums.columns);
  const previous = before && completedTotals(before.columns);
  const hadRequests = previous !== undefined && previous.requests > 0;
  const changed = previous && compareCounts(previous.requests, now.requests);
  return (
    <section aria-label="Totals">
      <dl class="tiles">
        <Tile name="Requests" value={number(totals.requests)}>
          {changed && <ChangeText change={changed} />}
        </Tile>
        <Tile name="Errors" value={percent(totals.errors, totals.requests)}>
          {totals.errors === 0 ? "none" : number(totals.errors)}
          {totals.rehearsed > 0 && `, ${number(totals.rehearsed)} of them simulated`}
          {hadRequests && `, was ${percent(previous.errors, previous.requests)}`}
        </Tile>
        <Tile name="Median latency" value={milliseconds(totals.latency.p50)}>
          {hadRequests && `was ${milliseconds(before?.totals.latency.p50 ?? null)}`}
        </Tile>
        <Tile name="95th percentile" value={milliseconds(totals.latency.p95)}>
          {hadRequests && `was ${milliseconds(before?.totals.latency.p95 ?? null)}`}
        </Tile>
        <Tile name="Data" value={bytes(totals.bytes_in + totals.bytes_out)}>
          {bytes(totals.bytes_out)} received
        </Tile>
      </dl>
    </section>
  );
}

function Tile({
  name,
  value,
  children,
}: {
  name: string;
  value: string;
  children: ComponentChildren;
}) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd class="tile-note">{children || "\u00a0"}</dd>
    </div>
  );
}

const SIGNS = { up: "▲", down: "▼", same: "" } as const;

function ChangeText({ change: { direction, by } }: { change: Change }) {
  if (direction === "same") {
    return <>same as before</>;
  }
  if (by === null) {
    return <>none before</>;
  }
  const factor = by.endsWith("×");
  return (
    <>
      <span aria-hidden="true">{SIGNS[direction]} </span>
      {factor
        ? `${by} the previous period`
        : `${by} ${direction === "up" ? "more" : "fewer"} than before`}
    </>
  );
}
