import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { SelectField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useSetPolicy } from "../../data/limit-changes";
import { type OwnLimit, ownConsequence, policyInWords } from "../../logic/consequence";
import { counted } from "../../logic/format";
import type { Limit } from "../../logic/quota";
import { choiceOf, limitOf, secondsOf, type WindowChoice, WINDOWS } from "../../logic/window";
import type { ApiRow } from "./api-limits";

const UNITS = [
  ...WINDOWS.map(([unit]) => [unit, unit] as const),
  ["own", "another time …"],
] as const;
const PLURALS = WINDOWS.map(([unit]) => [unit, `${unit}s`] as const);

/** Sets or changes the user's own limit of an API. */
export default function SetLimit({
  rows,
  first,
  choosing,
  sharing,
  onClose,
  onSet,
}: {
  rows: readonly ApiRow[];
  first: ApiRow;
  /** Whether it is still to be chosen which API. */
  choosing: boolean;
  /** Whether it is wanted for reservations, so that the API's own limit is a good beginning. */
  sharing: boolean;
  onClose: () => void;
  onSet: (api: string) => void;
}) {
  const [row, setRow] = useState(first);
  const { api_name: api, policy } = row;
  const set = useSetPolicy();
  const toast = useToast();
  const [text, setText] = useState(begin(first, sharing).text);
  const [choice, setChoice] = useState<WindowChoice>(begin(first, sharing).choice);
  const [limit, window] = [limitOf(text), secondsOf(choice)];
  const form = useForm(
    ["limit", "window"],
    async () => {
      if (typeof limit === "string" || typeof window === "string") {
        return;
      }
      await set.mutateAsync({ api_name: api, limit, window });
      onSet(api);
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

  const said = saidOf(row).filter((one) => one.window !== null);
  const reserved = row.quota?.reserved ?? 0;
  const taken = sharing && !policy ? saidOf(row)[0] : undefined;
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
              setText(begin(chosen, sharing).text);
              setChoice(begin(chosen, sharing).choice);
            }}
            autofocus
          />
        )}
        {taken !== undefined && (
          <p class="hint">
            This is what the API says of itself
            {row.keys.size > 1 &&
              `, for one of its ${row.keys.size} keys: together they allow more`}
            .{taken.window === null && " It does not say per what time: see that this is right."}
          </p>
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
                key={`${one.key_id ?? ""} ${one.name} ${one.window ?? ""}`}
                size="small"
                onClick={() => {
                  setText(String(one.limit));
                  setChoice(choiceOf(one.window ?? 60));
                }}
              >
                {policyInWords({ limit: one.limit, window: one.window ?? 60 })}
              </Button>
            ))}
          </p>
        )}
        <p class="hint break">
          {complete && `At most ${policyInWords({ limit, window })}. `}
          {ownConsequence(api)}
          {policy && " A changed limit starts to count anew."}
          {reserved > 0 &&
            ` ${counted(reserved, "request")} of it ${reserved === 1 ? "is" : "are"} reserved for tokens; what is reserved as a share follows the limit.`}
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

/** What the form begins with. */
function begin(row: ApiRow, sharing: boolean): { text: string; choice: WindowChoice } {
  const like = row.policy ?? (sharing ? saidOf(row)[0] : undefined);
  return {
    text: like === undefined ? "" : String(like.limit),
    choice: choiceOf(like?.window ?? likelyWindow(like)),
  };
}

/** The shortest usual span that its reset lies in. */
function likelyWindow(like: Partial<Limit> | undefined): number {
  const left = (like?.reset_at ?? 0) - Date.now() / 1000;
  return WINDOWS.find(([, seconds]) => seconds >= 60 && seconds >= left)?.[1] ?? 86_400;
}

/** The limits of requests that the API named, those with their time first. */
function saidOf({ quota }: ApiRow): (Limit & { limit: number })[] {
  return (quota?.limits ?? [])
    .filter((one): one is Limit & { limit: number } => one.limit !== null && one.limit > 0)
    .filter(({ source, unit }) => source === "observed" && unit === "requests")
    .sort((one, other) => Number(one.window === null) - Number(other.window === null));
}
