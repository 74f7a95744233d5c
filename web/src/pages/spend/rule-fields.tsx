import { Plus, X } from "lucide-preact";
import { Button, IconButton } from "../../components/button";
import { Checkbox, SelectField, TextField } from "../../components/fields";
import { number as formatNumber } from "../../logic/format/numbers";
import { NEW_LINE, type PriceLine, type RuleDraft, UNITS } from "../../logic/spend/price-draft";

const SOURCES = [
  ["unit", "Unit"],
  ["header", "Response header"],
  ["json", "JSON field"],
] as const;

const NAMES: Readonly<Record<PriceLine["source"], string>> = {
  unit: "Name of the unit",
  header: "Name of the header",
  json: "Path of the field",
};

const PLACEHOLDERS: Readonly<Record<PriceLine["source"], string>> = {
  unit: "input_tokens",
  header: "x-credits-used",
  json: "usage.credits",
};

const PER = [1, 1_000, 1_000_000];

/** The inputs of one own price. */
export function RuleFields({
  number,
  rule,
  at,
  onRule,
  onRemove,
}: {
  /** The position in the list, from 1 on. */
  number: number;
  rule: RuleDraft;
  /** The error of an input. */
  at: (name: string) => string | undefined;
  onRule: (rule: RuleDraft) => void;
  onRemove: () => void;
}) {
  const change = (parts: Partial<RuleDraft>) => onRule({ ...rule, ...parts });
  const setLine = (position: number, parts: Partial<PriceLine>) =>
    change({
      lines: rule.lines.map((line, n) => (n === position ? { ...line, ...parts } : line)),
    });
  return (
    <fieldset class="price-rule">
      <legend class="hidden-visually">Price {number}</legend>
      <div class="field-grid">
        <TextField
          label="Model"
          placeholder="any"
          hint="Or its beginning with *"
          value={rule.model}
          onValue={(model) => change({ model })}
          error={at("model")}
        />
        <TextField
          label="Paths that begin with"
          placeholder="any"
          value={rule.pathPrefix}
          onValue={(pathPrefix) => change({ pathPrefix })}
          error={at("pathPrefix")}
        />
        <TextField
          label="Methods"
          placeholder="all"
          value={rule.methods}
          onValue={(methods) => change({ methods })}
          error={at("methods")}
        />
        <TextField
          label="US dollars per call"
          inputMode="decimal"
          value={rule.perCall}
          onValue={(perCall) => change({ perCall })}
          error={at("perCall")}
        />
      </div>
      {rule.lines.map((line, position) => (
        <div class="price-line" key={position}>
          <SelectField
            label="What is counted"
            value={line.source}
            options={SOURCES}
            onValue={(source) =>
              setLine(position, { source, name: "", per: source === "unit" ? NEW_LINE.per : 1 })
            }
          />
          <TextField
            label={NAMES[line.source]}
            placeholder={PLACEHOLDERS[line.source]}
            value={line.name}
            onValue={(name) => setLine(position, { name })}
            {...(line.source === "unit" && { list: "price-units" })}
          />
          <TextField
            label="US dollars"
            inputMode="decimal"
            value={line.price}
            onValue={(price) => setLine(position, { price })}
            error={at(`lines.${position}`)}
          />
          <SelectField
            label="for"
            value={String(line.per)}
            options={[...new Set([...PER, line.per])].map(
              (per) => [String(per), formatNumber(per)] as const,
            )}
            onValue={(per) => setLine(position, { per: Number(per) })}
          />
          <IconButton
            label={`Remove the price of ${line.name || "this"}`}
            onClick={() => change({ lines: rule.lines.filter((_, n) => n !== position) })}
          >
            <X size={16} />
          </IconButton>
        </div>
      ))}
      {rule.perCall.trim() !== "" && (
        <Checkbox
          label="Calls that fail cost this too (status 400 or higher)"
          checked={rule.failuresCost}
          onChecked={(failuresCost) => change({ failuresCost })}
        />
      )}
      <datalist id="price-units">
        {UNITS.map((unit) => (
          <option key={unit} value={unit} />
        ))}
      </datalist>
      <div class="compared-head">
        <Button
          size="small"
          variant="quiet"
          onClick={() => change({ lines: [...rule.lines, NEW_LINE] })}
        >
          <Plus size={15} aria-hidden="true" /> Add unit, header or field
        </Button>
        <Button size="small" variant="quiet" onClick={onRemove}>
          Remove price<span class="hidden-visually"> {number}</span>
        </Button>
      </div>
    </fieldset>
  );
}
