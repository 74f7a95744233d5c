import { useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { SelectField } from "../../components/fields";
import { Countdown } from "../../components/time";
import { useToast } from "../../components/toasts";
import { useScheduleKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { useStatus } from "../../data/status";
import { keyLabel } from "../../logic/keys/key-names";
import { scheduleChoice, scheduleChoices, scheduleSeconds } from "../../logic/keys/check-schedule";
import { durationText } from "../../logic/format/time";

/** Whether this server checks keys on a schedule. */
export function useScheduledChecks(): boolean {
  return useStatus().data?.scheduled_checks ?? false;
}

/**
 * Choose the check interval, `every` in seconds. Renders nothing if the server runs no schedules.
 */
export function ScheduleField({
  every,
  stored = null,
  onEvery,
  error,
}: {
  every: number | null;
  /** The stored interval, which stays among the options. */
  stored?: number | null;
  onEvery: (every: number | null) => void;
  error: string | undefined;
}) {
  return useScheduledChecks() ? (
    <SelectField
      label="Check automatically"
      hint="Sends the provider’s harmless test request, so that you notice a revoked key before your scripts fail."
      value={scheduleChoice(every)}
      options={scheduleChoices(stored)}
      onValue={(choice) => onEvery(scheduleSeconds(choice))}
      error={error}
    />
  ) : null;
}

/** Show and change the check interval of a stored key. A change is saved immediately. */
export function Schedule({ stored, provider }: { stored: Key; provider: Provider | undefined }) {
  const set = useScheduleKey();
  const toast = useToast();
  const [wrong, setWrong] = useState<string>();
  const possible = useScheduledChecks();
  const before = stored.check_every;
  const every = set.isPending ? set.variables.check_every : before;
  const name = `${stored.api_name} ${keyLabel(stored)}`;

  async function change(check_every: number | null, undoable: boolean) {
    setWrong(undefined);
    try {
      await set.mutateAsync({ key_id: stored.key_id, check_every });
      toast({
        text:
          check_every === null
            ? `${name} is no longer checked automatically.`
            : `${name} is checked every ${durationText(check_every)}.`,
        ...(undoable ? { action: { label: "Undo", run: () => void change(before, false) } } : {}),
      });
    } catch (error) {
      setWrong(asApiError(error).message);
    }
  }

  if (!possible || !((provider?.checkable ?? false) || before !== null)) {
    return null;
  }
  return (
    <div class="schedule">
      <SelectField
        label="Check automatically"
        value={scheduleChoice(every)}
        options={scheduleChoices(before)}
        onValue={(choice) => void change(scheduleSeconds(choice), true)}
        error={wrong}
      />
      <p class="muted small">
        {stored.next_check_at === null ? (
          "Uses the provider’s harmless test request."
        ) : (
          <>
            Next check in <Countdown to={stored.next_check_at} past="a moment" />.
          </>
        )}
      </p>
    </div>
  );
}
