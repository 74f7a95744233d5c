import { useId, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Confirm } from "../../components/confirm";
import { Dialog } from "../../components/dialog";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { type Token, useEndPrevious, useRotateToken } from "../../data/tokens";
import { formatMinute } from "../../logic/format/time";
import { DEFAULT_OVERLAP, OVERLAPS, type Overlap } from "../../logic/tokens/rotation";
import { useServices } from "../../services";

/** Give a token a new value, which CreatedTokenDialog shows. */
export function RotateToken({ token, onClose }: { token: Token; onClose: () => void }) {
  const rotate = useRotateToken();
  const { form: shown } = useServices().createdTokens;
  const name = useId();
  const [overlap, setOverlap] = useState<Overlap>(DEFAULT_OVERLAP);
  const form = useForm([], async () => {
    const created = await rotate(token.token_id, Number(overlap));
    // Store it first: the dialog may be unmounted by now.
    shown.set(created);
    onClose();
  });
  return (
    <Dialog title={`Rotate token ${token.name}`} onClose={onClose} busy={form.busy}>
      <form class="stack" onSubmit={form.submit}>
        <p>
          The token gets a new value, which you see once. Its permissions, limit, expiry and
          requests stay.
        </p>
        <fieldset class="stack tight">
          <legend>The old value ends</legend>
          {OVERLAPS.map(([value, text, about]) => (
            <label key={value} class="checkbox">
              <input
                type="radio"
                name={name}
                value={value}
                checked={overlap === value}
                onChange={() => setOverlap(value)}
              />
              <span>
                {text}. <span class="muted">{about}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {token.previous !== null && (
          <Notice kind="warn">
            The value before the last rotation still works. It ends now if you rotate again.
          </Notice>
        )}
        {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
        <footer class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            Rotate token
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** The old value of a rotated token: when it ends, and its last use. */
export function PreviousValue({
  previous,
  onEnd,
}: {
  previous: NonNullable<Token["previous"]>;
  onEnd: () => void;
}) {
  return (
    <Notice
      kind="info"
      action={
        <Button size="small" onClick={onEnd}>
          End now
        </Button>
      }
    >
      <p>The old value works until {formatMinute(previous.expires_at)}.</p>
      <p class="muted">
        {previous.last_used_at === null ? (
          "Nothing has used it since the rotation."
        ) : (
          <>
            It was last used <Ago at={previous.last_used_at} />.
          </>
        )}
      </p>
    </Notice>
  );
}

/** Ask for confirmation and end the old value of a token. */
export function EndPrevious({ token, onClose }: { token: Token; onClose: () => void }) {
  const end = useEndPrevious();
  const toast = useToast();
  const used = token.previous?.last_used_at ?? null;
  return (
    <Confirm
      title={`End the old value of ${token.name}?`}
      action="End old value"
      onClose={onClose}
      onConfirm={async () => {
        await end.mutateAsync(token.token_id);
        toast({ text: `The old value of ${token.name} has ended.` });
      }}
    >
      <p>
        From the next request on, calls with the old value are rejected. The new one keeps working.
      </p>
      {used !== null && (
        <p>
          Something used the old value <Ago at={used} />.
        </p>
      )}
    </Confirm>
  );
}
