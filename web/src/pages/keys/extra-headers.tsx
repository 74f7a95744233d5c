import { Plus } from "lucide-preact";
import { Button } from "../../components/button";
import { SecretField, TextField } from "../../components/fields";
import { Notice } from "../../components/notice";
import { type HeaderDraft, MAX_HEADERS, NEW_HEADER } from "../../logic/keys/extra-headers";

/** The headers that a key sends besides its credential, each with a secret of its own. */
export function ExtraHeaders({
  drafts,
  onDrafts,
  error,
  again = false,
}: {
  drafts: readonly HeaderDraft[];
  onDrafts: (drafts: HeaderDraft[]) => void;
  error: string | undefined;
  /** Stored secrets must be entered again. */
  again?: boolean;
}) {
  const change = (index: number, changes: Partial<HeaderDraft>) =>
    onDrafts(drafts.map((draft, each) => (each === index ? { ...draft, ...changes } : draft)));
  return (
    <fieldset class="stack">
      <legend>Extra headers</legend>
      <p class="hint">
        For APIs that need a second secret in a header of its own. Each value is stored encrypted,
        like the secret.
      </p>
      {drafts.map((draft, index) => {
        const isNew = draft.hint === null;
        return (
          <div class="stack" key={index}>
            {!draft.known && (
              <TextField
                label={`Extra header ${index + 1}`}
                placeholder="X-Application-Key"
                class="mono"
                autocapitalize="off"
                spellcheck={false}
                required
                value={draft.name}
                onValue={(name) => change(index, { name })}
              />
            )}
            <SecretField
              label={
                draft.known
                  ? `${draft.name}${isNew && !draft.required ? " (optional)" : ""}`
                  : `Value of extra header ${index + 1}`
              }
              hint={isNew || again ? undefined : `Leave empty to keep the stored ${draft.hint}.`}
              required={isNew ? draft.required : again}
              value={draft.secret}
              onValue={(secret) => change(index, { secret })}
            />
            {(!draft.known || !isNew) && (
              <div>
                <Button
                  size="small"
                  onClick={() => onDrafts(drafts.filter((_, each) => each !== index))}
                >
                  Remove header{" "}
                  <span class="hidden-visually">{draft.name === "" ? index + 1 : draft.name}</span>
                </Button>
              </div>
            )}
          </div>
        );
      })}
      {drafts.length < MAX_HEADERS && (
        <div>
          <Button size="small" onClick={() => onDrafts([...drafts, NEW_HEADER])}>
            <Plus size={14} aria-hidden="true" /> Add header
          </Button>
        </div>
      )}
      {error !== undefined && <Notice kind="danger">{error}</Notice>}
    </fieldset>
  );
}
