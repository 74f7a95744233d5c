import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { SelectField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useSetPolicy } from "../../data/rate-limits";
import { type OwnLimit, ownConsequence, policyInWords } from "../../logic/consequence";
import { choiceOf, limitOf, secondsOf, type WindowChoice, WINDOWS } from "../../logic/window";
import type { ApiRow } from "./api-limits";

const UNITS = [
  ...WINDOWS.map(([unit]) => [unit, unit] as const),
  ["own", "another time …"],
] as const;
const PLURALS = WINDOWS.map(([unit]) => [unit, `${unit}s`] as const);

/** Sets or changes the user's own limit of an API. */
export function SetLimit({
  rows,
  first,
  choosing,
  onClose,
}: {
  rows: readonly ApiRow[];
  first: ApiRow;
  /** Whether it is still to be chosen which API. */
  choosing: boolean;
  onClose: () => void;
}) {
  const [row, setRow] = useState(first);
  const { api_name: api, policy } = row;
  const set = useSetPolicy();
  const toast = useToast();
  const [text, setText] = useState(textOf(first));
  const [choice, setChoice] = useState<WindowChoice>(windowOf(first));
  const [limit, window] = [limitOf(text), secondsOf(choice)];
  const form = useForm(
    ["limit", "window"],
    async () => {
      if (typeof limit === "string" || typeof window === "string") {
        return;
      }
      await set.mutateAsync({ api_name: api, limit, window });
      onClose();
      toast({
        text: `${api}: at most ${policyInWords({ limit, window })}.`,
        ...(policy && { action: { label: "Undo", run: () => void restore(policy) } }),
      });
    },
    () => ({
      ...(typeof limit === "string" && { limit }),
      ...(typeof window === "string" && { window }),
    }),
  );

  async function restore(before: OwnLimit) {
    try {
      await set.mutateAsync({ api_name: api, ...before });
      toast({ text: `${api}: at most ${policyInWords(before)}, as before.` });
    } catch {
      toast({ text: `The limit of ${api} could not be changed back.` });
    }
  }

  const said = row.limits.filter(
    ({ source, unit, limit: most, window: each }) =>
      source === "observed" && unit === "requests" && most !== null && each !== null,
  );
  const complete = typeof limit === "number" && typeof window === "number";
  return (
    <Dialog
      title={policy ? `Change the limit of ${api}` : `Limit ${api}`}
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
              setText(textOf(chosen));
              setChoice(windowOf(chosen));
            }}
            autofocus
          />
        )}
        <div class="field-grid">
          <TextField
            label="At most this many requests"
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
            error={choice.unit === "own" ? undefined : form.at("window")}
          />
        </div>
        {choice.unit === "own" && (
          <div class="field-grid">
            <TextField
              label="How long"
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
        {said.length > 0 && (
          <p class="actions small">
            <span class="muted">The API allows</span>
            {said.map((one) => (
              <Button
                key={one.name}
                size="small"
                onClick={() => {
                  setText(String(one.limit));
                  setChoice(choiceOf(one.window ?? 60));
                }}
              >
                {policyInWords({ limit: one.limit ?? 0, window: one.window ?? 60 })}
              </Button>
            ))}
          </p>
        )}
        <p class="hint break">
          {complete && `At most ${policyInWords({ limit, window })}. `}
          {ownConsequence(api)}
          {policy && " A changed limit starts to count anew."}
        </p>
        {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            {policy ? "Change the limit" : "Set the limit"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function textOf({ policy }: ApiRow): string {
  return policy === undefined ? "" : String(policy.limit);
}

function windowOf({ policy }: ApiRow): WindowChoice {
  return choiceOf(policy?.window ?? 60);
}
