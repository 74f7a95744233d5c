import { Button } from "../../components/button";
import { Field, SelectField, TextArea, TextField } from "../../components/fields";
import { Segmented } from "../../components/segmented";
import {
  type BodyKind,
  type RequestDraft,
  type DraftErrors,
  METHODS,
  allowsBody,
} from "../../logic/playground/compose";
import { jsonError } from "../../logic/playground/pretty-json";

const KINDS: readonly (readonly [BodyKind, string])[] = [
  ["json", "JSON"],
  ["form", "Form"],
  ["text", "Text"],
];

/** The request form. */
export function Composer({
  draft,
  apis,
  baseUrl,
  errors,
  busy,
  onDraft,
  onSettled,
  onSend,
  onCancel,
}: {
  draft: RequestDraft;
  apis: readonly string[];
  /** The base URL of the chosen API. */
  baseUrl: string | undefined;
  errors: DraftErrors;
  busy: boolean;
  onDraft: (draft: RequestDraft) => void;
  /** Called when a field is left. */
  onSettled: (draft: RequestDraft) => void;
  onSend: () => void;
  onCancel: () => void;
}) {
  const { api, method, path, query, headers } = draft;
  const options = apis.includes(api) ? apis : [api, ...apis];

  return (
    <form
      class="stack composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) {
          onSend();
        }
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }
      }}
    >
      <div class="composer-line">
        <SelectField
          label="Method"
          value={method}
          options={METHODS.map((one) => [one, one] as const)}
          onValue={(value) => onSettled({ ...draft, method: value })}
        />
        <SelectField
          label="API"
          value={api}
          error={errors.api}
          options={options.map((name) => [name, name] as const)}
          onValue={(value) => onSettled({ ...draft, api: value })}
        />
      </div>
      <TextField
        label="Path"
        class="mono"
        spellcheck={false}
        autocapitalize="off"
        value={path}
        error={errors.path}
        hint={baseUrl === undefined ? undefined : <span class="break">Appended to {baseUrl}</span>}
        onValue={(value) => onDraft({ ...draft, path: value })}
        onBlur={() => onSettled(draft)}
      />
      <TextField
        label="Query"
        class="mono"
        spellcheck={false}
        autocapitalize="off"
        placeholder="limit=3&after=…"
        value={query}
        error={errors.query}
        onValue={(value) => onDraft({ ...draft, query: value })}
      />
      <details open={errors.headers !== undefined || headers !== ""}>
        <summary>Headers</summary>
        <TextArea
          label="Headers"
          rows={3}
          placeholder="Accept: application/json"
          hint="One per line. The dashboard inserts the stored key."
          value={headers}
          error={errors.headers}
          onValue={(value) => onDraft({ ...draft, headers: value })}
        />
      </details>
      {allowsBody(method) && <BodyEditor draft={draft} onDraft={onDraft} />}
      <div class="actions">
        <Button type="submit" variant="primary" busy={busy}>
          Send request
        </Button>
        {busy && <Button onClick={onCancel}>Cancel</Button>}
        <span class="muted small wide-only">
          <kbd>Ctrl Enter</kbd>
        </span>
      </div>
    </form>
  );
}

function BodyEditor({
  draft,
  onDraft,
}: {
  draft: RequestDraft;
  onDraft: (draft: RequestDraft) => void;
}) {
  const { body, kind } = draft;
  const error = kind === "json" && body.trim() !== "" ? jsonError(body) : undefined;
  return (
    <div class="body-editor">
      <Segmented
        label="Body type"
        value={kind}
        options={KINDS}
        onValue={(value) => onDraft({ ...draft, kind: value })}
      />
      <Field label="Body" hint={error && <span class="warned">{error} It is sent unchanged.</span>}>
        {(ids) => (
          <textarea
            {...ids}
            rows={8}
            spellcheck={false}
            value={body}
            onInput={(event) => onDraft({ ...draft, body: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}
