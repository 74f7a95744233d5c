import { useState } from "preact/hooks";
import { useAutofocus } from "../../components/autofocus";
import { Button } from "../../components/button";
import { Checkbox, SecretField, TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { Segmented } from "../../components/segmented";
import type { Target } from "../../data/notifications";
import {
  EVENTS,
  KIND_NAMES,
  KINDS,
  type NotificationEvent,
  type TargetDraft,
  targetErrors,
  type TargetKind,
} from "../../logic/notifications/targets";

const FIELDS = ["name", "address", "events", "access_token"] as const;
const KIND_OPTIONS = KIND_NAMES.map((kind) => [kind, KINDS[kind].name] as const);

/** Edit where notifications are sent and which. */
export function TargetForm({
  initial,
  target,
  available,
  action,
  onSubmit,
  onClose,
}: {
  initial: TargetDraft;
  /** The target to edit; undefined for a new one, whose kind can be chosen. */
  target: Target | undefined;
  /** The kinds that the server can send, if they are known. */
  available: readonly TargetKind[] | undefined;
  action: string;
  onSubmit: (draft: TargetDraft) => Promise<unknown>;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLFormElement>();
  const [draft, setDraft] = useState(initial);
  const change = (changes: Partial<TargetDraft>) => setDraft((now) => ({ ...now, ...changes }));
  const form = useForm(
    FIELDS,
    () => onSubmit(draft),
    () => targetErrors(draft, target === undefined),
  );
  const texts = KINDS[draft.kind];
  const cannotSend = available !== undefined && !available.includes(draft.kind);

  return (
    <form class="stack" ref={root} noValidate onSubmit={form.submit}>
      {target === undefined && (
        <div class="table-scroll">
          <Segmented
            label="Kind"
            value={draft.kind}
            options={KIND_OPTIONS}
            onValue={(kind) => change({ kind })}
          />
        </div>
      )}
      {cannotSend && (
        <Notice kind="warn">
          This server cannot send {draft.kind}. Its operator has to configure mail first.
        </Notice>
      )}
      <TextField
        label="Name"
        placeholder="phone, team channel, pager"
        maxLength={100}
        autofocus
        value={draft.name}
        onValue={(name) => change({ name })}
        error={form.at("name")}
      />
      <TextField
        label={texts.label}
        type={draft.kind === "email" ? "email" : "url"}
        placeholder={
          target !== undefined && draft.kind !== "email" ? "Unchanged" : texts.placeholder
        }
        hint={
          target !== undefined && draft.kind !== "email" ? (
            <>
              Now <span class="mono break">{target.address}</span>. Leave empty to keep it.{" "}
              {texts.help}
            </>
          ) : (
            texts.help
          )
        }
        maxLength={2048}
        spellcheck={false}
        autocapitalize="off"
        value={draft.address}
        onValue={(address) => change({ address })}
        error={form.at("address")}
      />
      {draft.kind === "ntfy" && (
        <AccessToken
          draft={draft}
          stored={target?.has_access_token ?? false}
          onChange={change}
          error={form.at("access_token")}
        />
      )}
      <EventChoice
        chosen={draft.events}
        onChosen={(events) => change({ events })}
        error={form.at("events")}
      />
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy} disabled={cannotSend}>
          {action}
        </Button>
      </footer>
    </form>
  );
}

function AccessToken({
  draft,
  stored,
  onChange,
  error,
}: {
  draft: TargetDraft;
  stored: boolean;
  onChange: (changes: Partial<TargetDraft>) => void;
  error: string | undefined;
}) {
  return (
    <>
      <SecretField
        label="Access token (optional)"
        placeholder={stored ? "Unchanged" : "tk_…"}
        hint="For a protected topic: in ntfy’s web app, under Account, Access tokens."
        maxLength={200}
        disabled={draft.removesToken}
        value={draft.accessToken}
        onValue={(accessToken) => onChange({ accessToken })}
        error={error}
      />
      {stored && (
        <Checkbox
          label="Remove the stored access token"
          checked={draft.removesToken}
          onChecked={(removesToken) => onChange({ removesToken, accessToken: "" })}
        />
      )}
    </>
  );
}

function EventChoice({
  chosen,
  onChosen,
  error,
}: {
  chosen: readonly NotificationEvent[];
  onChosen: (events: readonly NotificationEvent[]) => void;
  error: string | undefined;
}) {
  return (
    <fieldset class="stack tight">
      <legend>Events</legend>
      {EVENTS.map(([event, name, about]) => (
        <Checkbox
          key={event}
          aria-invalid={error === undefined ? undefined : true}
          checked={chosen.includes(event)}
          onChecked={(checked) =>
            onChosen(checked ? [...chosen, event] : chosen.filter((other) => other !== event))
          }
          label={
            <>
              {name}. <span class="muted">{about}</span>
            </>
          }
        />
      ))}
      {error && <p class="field-error">{error}</p>}
    </fieldset>
  );
}
