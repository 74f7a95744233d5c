import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { SelectField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useSetPolicy } from "../../data/limit-changes";
import { type RateLimitPolicy, policyEffect, policyText } from "../../logic/limits/limit-effect";
import { pluralize } from "../../logic/format/numbers";
import type { Limit } from "../../logic/limits/quota";
import {
  windowChoice,
  parseLimit,
  windowSeconds,
  type WindowChoice,
  WINDOW_UNITS,
} from "../../logic/limits/window";
import type { ApiLimitsRow } from "./api-limits";

const UNITS = [
  ...WINDOW_UNITS.map(([unit]) => [unit, unit] as const),
  ["custom", "custom…"],
] as const;
const PLURALS = WINDOW_UNITS.map(([unit]) => [unit, `${unit}s`] as const);

/** Set or change the policy of an API. */
export function SetLimit({
  rows,
  first,
  choosing,
  toReserve,
  onClose,
  onSet,
}: {
  rows: readonly ApiLimitsRow[];
  first: ApiLimitsRow;
  /** Whether the user still has to choose the API. */
  choosing: boolean;
  /**
   * Whether the policy is needed for reservations, so that the API's own limit is a good default.
   */
  toReserve: boolean;
  onClose: () => void;
  onSet: (api: string) => void;
}) {
  const [row, setRow] = useState(first);
  const { api_name: api, policy } = row;
  const set = useSetPolicy();
  const toast = useToast();
  const [text, setText] = useState(initialValues(first, toReserve).text);
  const [choice, setChoice] = useState<WindowChoice>(initialValues(first, toReserve).choice);
  const [limit, window] = [parseLimit(text), windowSeconds(choice)];
  const form = useForm(
    ["limit", "window"],
    async () => {
      if (typeof limit === "string" || typeof window === "string") {
        return;
      }
      await set.mutateAsync({ api_name: api, limit, window });
      onSet(api);
      toast({
        text: `${api} is limited to ${policyText({ limit, window })}.`,
        ...(policy && { action: { label: "Undo", run: () => void restore(policy) } }),
      });
    },
    () => ({
      ...(typeof limit === "string" && { limit }),
      ...(typeof window === "string" && { window }),
    }),
  );

  async function restore(before: RateLimitPolicy) {
    try {
      await set.mutateAsync({ api_name: api, ...before });
      toast({ text: `${api} is limited to ${policyText(before)} again.` });
    } catch {
      toast({ text: `The limit for ${api} could not be restored.` });
    }
  }

  const reported = reportedLimits(row).filter((one) => one.window !== null);
  const reserved = row.quota?.reserved ?? 0;
  const prefilled = toReserve && !policy ? reportedLimits(row)[0] : undefined;
  const complete = typeof limit === "number" && typeof window === "number";
  return (
    <Dialog
      title={policy ? `Change the limit for ${api}` : `Set a limit for ${api}`}
      onClose={onClose}
      busy={form.busy}
    >
      <form class="stack" onSubmit={form.submit} noValidate>
        {choosing && (
          <SelectField
            label="API"
            value={api}
            options={rows.map((each) => [each.api_name, each.api_name] as const)}
            onValue={(name) => {
              const chosen = rows.find((each) => each.api_name === name) ?? first;
              setRow(chosen);
              setText(initialValues(chosen, toReserve).text);
              setChoice(initialValues(chosen, toReserve).choice);
            }}
            autofocus
          />
        )}
        {prefilled !== undefined && (
          <p class="hint">
            This is the limit that the API reports
            {row.keys.size > 1 && ` for one of its ${row.keys.size} keys; together they allow more`}
            .
            {prefilled.window === null &&
              " The API does not report the time window: check that it is correct."}
          </p>
        )}
        <div class="field-grid">
          <TextField
            label="Maximum requests"
            inputMode="numeric"
            value={text}
            onValue={setText}
            error={form.at("limit")}
            autofocus={!choosing}
          />
          <SelectField
            label="per"
            value={choice.unit}
            options={UNITS}
            onValue={(unit) => setChoice({ ...choice, unit })}
            error={choice.unit === "custom" ? undefined : form.at("window")}
          />
        </div>
        {choice.unit === "custom" && (
          <div class="field-grid">
            <TextField
              label="Length"
              inputMode="numeric"
              value={choice.count}
              onValue={(count) => setChoice({ ...choice, count })}
              error={form.at("window")}
            />
            <SelectField
              label="Unit"
              value={choice.of}
              options={PLURALS}
              onValue={(of) => setChoice({ ...choice, of })}
            />
          </div>
        )}
        {reported.length > 0 && (
          <p class="actions small">
            <span class="muted">The API allows</span>
            {reported.map((one) => (
              <Button
                key={`${one.key_id ?? ""} ${one.name} ${one.window ?? ""}`}
                size="small"
                onClick={() => {
                  setText(String(one.limit));
                  setChoice(windowChoice(one.window ?? 60));
                }}
              >
                {policyText({ limit: one.limit, window: one.window ?? 60 })}
              </Button>
            ))}
          </p>
        )}
        <p class="hint break">
          {complete && `At most ${policyText({ limit, window })}. `}
          {policyEffect(api)}
          {policy && " Changing the limit restarts the count."}
          {reserved > 0 &&
            ` ${pluralize(reserved, "request")} ${reserved === 1 ? "is" : "are"} reserved for tokens. Reservations set as a share change with the limit.`}
        </p>
        {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            {policy ? "Change limit" : "Set limit"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** The form's initial values. */
function initialValues(
  row: ApiLimitsRow,
  sharing: boolean,
): { text: string; choice: WindowChoice } {
  const like = row.policy ?? (sharing ? reportedLimits(row)[0] : undefined);
  return {
    text: like === undefined ? "" : String(like.limit),
    choice: windowChoice(like?.window ?? likelyWindow(like)),
  };
}

/** The shortest usual window that contains the limit's reset. */
function likelyWindow(like: Partial<Limit> | undefined): number {
  const left = (like?.reset_at ?? 0) - Date.now() / 1000;
  return WINDOW_UNITS.find(([, seconds]) => seconds >= 60 && seconds >= left)?.[1] ?? 86_400;
}

/** The request limits that the API reported, those with a window first. */
function reportedLimits({ quota }: ApiLimitsRow): (Limit & { limit: number })[] {
  return (quota?.limits ?? [])
    .filter((one): one is Limit & { limit: number } => one.limit !== null && one.limit > 0)
    .filter(({ source, unit }) => source === "observed" && unit === "requests")
    .sort((one, other) => Number(one.window === null) - Number(other.window === null));
}
