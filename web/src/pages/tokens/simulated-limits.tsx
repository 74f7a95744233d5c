import { useId, useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Checkbox } from "../../components/fields";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { type Token, useChangeToken } from "../../data/tokens";
import { wholePercent, formatShare } from "../../logic/tokens/token-draft";

// Percentage: high enough to occur soon, low enough to keep scripts running.
const DEFAULT_PERCENT = 20;

const EXPLANATION =
  "Rejects this percentage of calls at random with the provider’s own rate-limit error, without calling the provider, so that you can test how your script handles it.";

/** The percentage of calls that are rejected for testing; null for none. */
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
        label="Simulate rate limiting"
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

/** Start, change or stop simulated rate limiting for a token. */
export function SimulatedLimits({ token }: { token: Token }) {
  const simulation = useSimulatedLimits(token);
  const now = token.rehearsal?.share ?? null;
  const [percent, setPercent] = useState(now === null ? DEFAULT_PERCENT : wholePercent(now));
  const same = now !== null && wholePercent(now) === percent;
  return (
    <section class="stack tight" aria-labelledby="simulated-limits">
      <h3 id="simulated-limits">Simulated rate limiting</h3>
      <p class="hint">{EXPLANATION}</p>
      {now !== null && (
        <Notice
          kind="warn"
          action={
            <Button size="small" busy={simulation.busy} onClick={() => void simulation.to(null)}>
              Stop simulation
            </Button>
          }
        >
          {formatShare(now)} of its calls are currently rejected.
        </Notice>
      )}
      <ShareField percent={percent} onPercent={setPercent} />
      {!same && (
        <div>
          <Button busy={simulation.busy} onClick={() => void simulation.to(percent / 100)}>
            {now === null ? "Start rejecting" : "Change to"} {percent}%
          </Button>
        </div>
      )}
    </section>
  );
}

/** A badge with a button that stops simulated rate limiting. Renders nothing if it is off. */
export function SimulatedLimitsBadge({ token }: { token: Token }) {
  const simulation = useSimulatedLimits(token);
  if (token.rehearsal === null) {
    return null;
  }
  return (
    <span class="row">
      <Badge tone="warn">Simulated limits {formatShare(token.rehearsal.share)}</Badge>
      <Button
        size="small"
        variant="quiet"
        busy={simulation.busy}
        aria-label={`Stop simulated rate limiting for ${token.name}`}
        onClick={() => void simulation.to(null)}
      >
        Stop
      </Button>
    </span>
  );
}

/** Set the share of calls to reject, or null for none, with an option to undo it. */
function useSimulatedLimits({ token_id, name, rehearsal }: Token) {
  const change = useChangeToken();
  const toast = useToast();

  async function set(share: number | null): Promise<boolean> {
    try {
      await change.mutateAsync({ token_id, rehearsal: share === null ? null : { share } });
      return true;
    } catch (error) {
      toast({
        text: `Simulated rate limiting for ${name} could not be changed. ${asApiError(error).message}`,
      });
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
    ? `Simulated rate limiting for ${name} is off. Its calls go to the API.`
    : `Simulated rate limiting for ${name} is on: ${formatShare(share)} of its calls are rejected.`;
}
