import { useId, useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Checkbox } from "../../components/fields";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { type Token, useChangeToken } from "../../data/tokens";
import { wholePercent, formatShare } from "../../logic/tokens/token-draft";

// Per cent: enough to be met soon, little enough to get on.
const DEFAULT_PERCENT = 20;

const EXPLANATION =
  "For the chosen share of its calls, by chance, the token gets the API’s own kind of 429, without the API being asked: so you see whether the script that holds it copes.";

/** Whether a token rehearses, and of how many of its calls; null for none. */
export function SimulatedLimitsFields({
  percent,
  onPercent,
  error,
}: {
  percent: number | null;
  onPercent: (percent: number | null) => void;
  error?: string | undefined;
}) {
  return (
    <div class="stack tight">
      <Checkbox
        label="Rehearse a used-up quota: refuse some of its calls"
        checked={percent !== null}
        onChecked={(on) => onPercent(on ? DEFAULT_PERCENT : null)}
      />
      <p class="hint">{EXPLANATION}</p>
      {percent !== null && <ShareField percent={percent} onPercent={onPercent} />}
      {error && <p class="field-error">{error}</p>}
    </div>
  );
}

function ShareField({
  percent,
  onPercent,
}: {
  percent: number;
  onPercent: (percent: number) => void;
}) {
  const id = useId();
  return (
    <div class="share-field">
      <label for={id}>Share of calls</label>
      <input
        id={id}
        type="range"
        min={1}
        max={100}
        value={percent}
        aria-valuetext={`${percent}%`}
        onInput={(event) => onPercent(event.currentTarget.valueAsNumber)}
      />
      <output for={id} class="numbers">
        {percent}%
      </output>
    </div>
  );
}

/** The rehearsal of a token: its share, and a way to begin, change or end it at once. */
export function SimulatedLimits({ token }: { token: Token }) {
  const simulation = useSimulatedLimits(token);
  const now = token.rehearsal?.share ?? null;
  const [percent, setPercent] = useState(now === null ? DEFAULT_PERCENT : wholePercent(now));
  const same = now !== null && wholePercent(now) === percent;
  return (
    <section class="stack tight" aria-labelledby="rehearsal">
      <h3 id="rehearsal">Rehearsal</h3>
      <p class="hint">{EXPLANATION}</p>
      {now !== null && (
        <Notice
          kind="warn"
          action={
            <Button size="small" busy={simulation.busy} onClick={() => void simulation.to(null)}>
              End it
            </Button>
          }
        >
          {formatShare(now)} of its calls are refused at present.
        </Notice>
      )}
      <ShareField percent={percent} onPercent={setPercent} />
      {!same && (
        <div>
          <Button busy={simulation.busy} onClick={() => void simulation.to(percent / 100)}>
            {now === null ? "Begin" : "Change"} to refuse {percent}%
          </Button>
        </div>
      )}
    </section>
  );
}

/** That a token rehearses, and how to end it in one press; nothing of one that does not. */
export function SimulatedLimitsBadge({ token }: { token: Token }) {
  const simulation = useSimulatedLimits(token);
  if (token.rehearsal === null) {
    return null;
  }
  return (
    <span class="row">
      <Badge tone="warn">Rehearsal {formatShare(token.rehearsal.share)}</Badge>
      <Button
        size="small"
        variant="quiet"
        busy={simulation.busy}
        aria-label={`End the rehearsal of ${token.name}`}
        onClick={() => void simulation.to(null)}
      >
        End
      </Button>
    </span>
  );
}

/** Sets a token's rehearsal to a share of its calls, or ends it; what was can be had back. */
function useSimulatedLimits({ token_id, name, rehearsal }: Token) {
  const change = useChangeToken();
  const toast = useToast();

  async function set(share: number | null): Promise<boolean> {
    try {
      await change.mutateAsync({ token_id, rehearsal: share === null ? null : { share } });
      return true;
    } catch (error) {
      toast({ text: `The rehearsal of ${name} was not changed. ${asApiError(error).message}` });
      return false;
    }
  }

  return {
    busy: change.isPending,
    to: async (share: number | null) => {
      if (!(await set(share))) {
        return;
      }
      const before = rehearsal?.share ?? null;
      const undo = async () => {
        if (await set(before)) {
          toast({ text: words(name, before) });
        }
      };
      toast({ text: words(name, share), action: { label: "Undo", run: () => void undo() } });
    },
  };
}

function words(name: string, share: number | null): string {
  return share === null
    ? `The rehearsal of ${name} is over: its calls go to the API.`
    : `${name} rehearses: ${formatShare(share)} of its calls are refused.`;
}
