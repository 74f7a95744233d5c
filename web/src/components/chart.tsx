import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { TimeLabels } from "../logic/charts/time-axis";
import {
  isolatedColumns,
  barsPath,
  columnAt,
  type ChartFrame,
  labelPlace,
  maxValue,
  linePath,
  columnCenter,
  valueTicks,
  valueY,
} from "../logic/charts/geometry";
import { type ChartData, type Line, valueOf } from "../logic/charts/chart-data";

// Pixels.
const HEIGHT = 160;
const LEFT = 44;
const RIGHT = 4;
const ABOVE = 8;
const BELOW = 22;
const BETWEEN_MARKS = 58;
// Charts with more columns have thinner lines.
const DENSE = 60;
// Shorter drags count as clicks.
const MIN_DRAG = 8;

/** A chart. `label` describes it in a sentence; its table has the values. */
export function Chart({
  data,
  label,
  hovered,
  onPoint,
  onSelectRange,
}: {
  data: ChartData;
  label: string;
  /** The hovered column, in this chart or another one. */
  hovered: number | null;
  onPoint: (column: number | null) => void;
  /** A range was selected by dragging; epoch seconds. Without it, nothing can be selected. */
  onSelectRange?: (from: number, to: number) => void;
}) {
  const [element, outer] = useWidth();
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const values = useMemo(() => data.lines.map((line) => line.values), [data]);
  const stacked = data.kind === "bars";
  const marks = valueTicks(Math.max(data.minTop, maxValue(values, stacked)), 4);
  const frame: ChartFrame = {
    width: Math.max(1, outer - LEFT - RIGHT),
    height: HEIGHT,
    columns: data.starts.length,
    top: marks.at(-1) ?? 1,
  };

  function position(event: PointerEvent): number {
    const { left } = (event.currentTarget as SVGElement).getBoundingClientRect();
    return Math.min(frame.width, Math.max(0, event.clientX - left - LEFT));
  }

  function finish() {
    if (drag !== undefined && Math.abs(drag.to - drag.from) >= MIN_DRAG) {
      const [first, last] = [drag.from, drag.to].sort((one, other) => one - other);
      const start = data.starts[columnAt(frame, first ?? 0)] ?? data.start;
      const end = data.starts[columnAt(frame, last ?? 0)] ?? data.start;
      onSelectRange?.(start, end + data.step);
    }
    setDrag(undefined);
  }

  return (
    <div class="chart" ref={element}>
      <svg
        role="img"
        aria-label={label}
        width={outer}
        height={ABOVE + HEIGHT + BELOW}
        onPointerDown={(event) => {
          if (onSelectRange && event.pointerType === "mouse" && event.button === 0) {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag({ from: position(event), to: position(event) });
          }
        }}
        onPointerMove={(event) => {
          const x = position(event);
          onPoint(columnAt(frame, x));
          setDrag((now) => now && { ...now, to: x });
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
        onPointerLeave={() => onPoint(null)}
      >
        <g transform={`translate(${LEFT} ${ABOVE})`}>
          <ValueAxis frame={frame} marks={marks} data={data} />
          <TimeAxis frame={frame} data={data} />
          {drag && (
            <rect
              class="stretch"
              x={Math.min(drag.from, drag.to)}
              width={Math.abs(drag.to - drag.from)}
              height={HEIGHT}
            />
          )}
          {hovered !== null && (
            <line class="pointed" {...vertical(columnCenter(frame, hovered))} y2={HEIGHT} />
          )}
          {data.lines.map((line, index) =>
            stacked ? (
              <path
                key={line.name}
                class={`bars tone-${line.tone}`}
                d={barsPath(frame, values, index)}
              />
            ) : (
              <Curve key={line.name} frame={frame} line={line} index={index} pointed={hovered} />
            ),
          )}
        </g>
      </svg>
      {hovered !== null && hovered < data.starts.length && (
        <Tip
          data={data}
          column={hovered}
          left={LEFT + columnCenter(frame, hovered)}
          width={outer}
        />
      )}
    </div>
  );
}

function ValueAxis({
  frame,
  marks,
  data,
}: {
  frame: ChartFrame;
  marks: number[];
  data: ChartData;
}) {
  return (
    <g class="axis">
      {marks.map((value) => (
        <g key={value} transform={`translate(0 ${Math.round(valueY(frame, value))})`}>
          <line x2={frame.width} y1="0.5" y2="0.5" />
          <text x={-8} dy="0.32em" text-anchor="end">
            {data.formatTick(value)}
          </text>
        </g>
      ))}
    </g>
  );
}

function TimeAxis({ frame, data }: { frame: ChartFrame; data: ChartData }) {
  const labels = useMemo(() => new TimeLabels(data.step), [data.step]);
  const day = data.step === 86_400;
  const most = Math.max(1, Math.floor(frame.width / BETWEEN_MARKS));
  return (
    <g class="axis" transform={`translate(0 ${HEIGHT})`}>
      {labels.ticks(data.starts, most).map((at) => {
        const column = (at - data.start) / data.step;
        // The tick of an hour is at its start, the name of a day below its column.
        const x = day ? columnCenter(frame, column) : (column * frame.width) / frame.columns;
        const label = labels.tick(at);
        const place = labelPlace(frame.width, x, label);
        return (
          <text key={at} x={place.x} y={BELOW - 6} text-anchor={place.anchor}>
            {label}
          </text>
        );
      })}
    </g>
  );
}

function Curve({
  frame,
  line,
  index,
  pointed,
}: {
  frame: ChartFrame;
  line: Line;
  index: number;
  pointed: number | null;
}) {
  const at = pointed === null ? null : (line.values[pointed] ?? null);
  return (
    <g
      class={`curve tone-${line.tone} dash-${index}`}
      stroke-width={frame.columns > DENSE ? 1.25 : 1.75}
    >
      <path d={linePath(frame, line.values)} />
      {isolatedColumns(line.values).map((column) => (
        <circle
          key={column}
          cx={columnCenter(frame, column)}
          cy={valueY(frame, line.values[column] ?? 0)}
          r={2}
        />
      ))}
      {at !== null && pointed !== null && (
        <circle cx={columnCenter(frame, pointed)} cy={valueY(frame, at)} r={3.5} />
      )}
    </g>
  );
}

/** The values of the hovered column. Screen readers use the table. */
function Tip({
  data,
  column,
  left,
  width,
}: {
  data: ChartData;
  column: number;
  left: number;
  width: number;
}) {
  const labels = useMemo(() => new TimeLabels(data.step), [data.step]);
  const start = data.starts[column] ?? data.start;
  const side = left > width / 2 ? "calc(-100% - 0.75rem)" : "0.75rem";
  return (
    <div class="chart-tip" aria-hidden="true" style={{ transform: `translateX(${left}px)` }}>
      <div style={{ transform: `translateX(${side})` }}>
        <p class="muted">{labels.column(start)}</p>
        <dl>
          {data.lines.map((line) => (
            <div key={line.name}>
              <dt>
                <Swatch data={data} line={line} /> <span class="cut">{line.name}</span>
              </dt>
              <dd class="numbers">{valueOf(line, column, data)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

/** The legend symbol of a line: its colour and, in line charts, its dashes. */
export function Swatch({ data, line }: { data: ChartData; line: Line }) {
  const index = data.lines.indexOf(line);
  return <span class={`swatch ${data.kind} tone-${line.tone} dash-${index}`} aria-hidden="true" />;
}

function vertical(x: number): { x1: number; x2: number } {
  const crisp = Math.round(x) + 0.5;
  return { x1: crisp, x2: crisp };
}

/** The current inner width of an element in pixels. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    if (element.current !== null) {
      observer.observe(element.current);
    }
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}
