import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { SelectField, TextArea, TextField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import type { Token } from "../../data/tokens";
import type { SnippetApi } from "../../logic/snippets/api-snippets";
import { fullTime } from "../../logic/format/time";
import {
  toDraft,
  draftErrors,
  newDraft,
  type TokenDraft,
  windowChoices,
} from "../../logic/tokens/token-draft";
import { EXPIRIES, type Expiry } from "../../logic/tokens/tokens";
import { AllowedAddresses } from "./allowed-addresses";
import { ApiChoice } from "./api-choice";
import { MethodFields } from "./method-fields";
import { SimulatedLimitsFields } from "./simulated-limits";

const FIELDS = [
  "name",
  "apis",
  "methods",
  "path_prefixes",
  "allowed_ips",
  "expires_in",
  "limit",
  "window",
  "rehearsal",
] as const;

/** Edit what a token may do. A new token may do nothing that is not chosen here. */
export function TokenForm({
  apis,
  preset,
  token,
  action,
  note,
  onSubmit,
  onClose,
}: {
  apis: readonly SnippetApi[];
  /** The API to select for a new token, or empty. */
  preset: string;
  /** The token to edit; undefined for a new one. */
  token: Token | undefined;
  action: string;
  /** Additional information about a draft. */
  note?: (draft: TokenDraft) => ComponentChildren;
  onSubmit: (draft: TokenDraft) => Promise<unknown>;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLFormElement>();
  const [draft, setDraft] = useState<TokenDraft>(() =>
    token !== undefined
      ? toDraft(token)
      : newDraft(apis.some(({ apiName }) => apiName === preset) ? [preset] : []),
  );
  const change = (changes: Partial<TokenDraft>) => setDraft((now) => ({ ...now, ...changes }));
  const form = useForm(
    FIELDS,
    () => onSubmit(draft),
    () => draftErrors(draft, token?.apis.length === 0),
  );
  const narrowed =
    token !== undefined &&
    token.methods.length + token.path_prefixes.length + token.allowed_ips.length > 0;

  return (
    <form class="stack" ref={root} noValidate onSubmit={form.submit}>
      <TextField
        label="Name"
        placeholder="nightly report, laptop, agent"
        hint="Name it after the script or machine that uses it, so that you know later which token to revoke."
        maxLength={100}
        autofocus
        value={draft.name}
        onValue={(name) => change({ name })}
        error={form.at("name")}
      />
      <ApiChoice
        apis={apis}
        every={draft.every}
        onEvery={(every) => change({ every })}
        chosen={draft.apis}
        onChosen={(chosen) => change({ apis: chosen })}
        error={form.at("apis")}
      />
      <div class="field-grid">
        <SelectField
          label="Expires"
          hint={
            draft.expiry === "never" || (draft.expiry === "keep" && token?.expires_at === null)
              ? "The token works until you revoke it. An expiry limits the damage if it leaks."
              : "After that, the token is rejected."
          }
          value={draft.expiry}
          options={expiries(token)}
          onValue={(expiry) => change({ expiry })}
          error={form.at("expires_in")}
        />
        <div class="limit-fields">
          <TextField
            label="Limit (optional)"
            type="number"
            inputMode="numeric"
            min={1}
            placeholder="No limit"
            hint="Number of requests."
            value={draft.limit}
            onValue={(limit) => change({ limit })}
            error={form.at("limit") ?? form.at("window")}
          />
          <SelectField
            label="per"
            value={draft.window}
            options={windowChoices(token?.window ?? null)}
            disabled={draft.limit.trim() === ""}
            onValue={(window) => change({ window })}
          />
        </div>
      </div>
      <details
        open={
          narrowed ||
          (["path_prefixes", "methods", "allowed_ips"] as const).some(
            (field) => form.at(field) !== undefined,
          )
        }
      >
        <summary>Restrict methods, paths or addresses</summary>
        <div class="stack">
          <MethodFields
            choice={draft.methods}
            onChoice={(methods) => change({ methods })}
            some={draft.some}
            onSome={(some) => change({ some })}
            error={form.at("methods")}
          />
          <TextArea
            label="Paths (optional)"
            rows={3}
            placeholder={"/v1/chat\n/v1/models"}
            hint="Prefixes of the path after /proxy/name, one per line. They match whole segments: /v1/chat allows /v1/chat/completions, not /v1/chats. Leave empty to allow all paths."
            value={draft.prefixes}
            onValue={(prefixes) => change({ prefixes })}
            error={form.at("path_prefixes")}
          />
          <AllowedAddresses
            text={draft.addresses}
            onText={(addresses) => change({ addresses })}
            rejected={form.error === undefined ? undefined : form.at("allowed_ips")}
          />
        </div>
      </details>
      <SimulatedLimitsFields
        percent={draft.simulatedPercent}
        onPercent={(simulatedPercent) => change({ simulatedPercent })}
        error={form.at("rehearsal")}
      />
      {note?.(draft)}
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          {action}
        </Button>
      </footer>
    </form>
  );
}

function expiries(
  token: Token | undefined,
): readonly (readonly [value: Expiry | "keep", text: string])[] {
  const from = token === undefined ? "" : " from now";
  const fresh = EXPIRIES.map(
    ([value, text]) => [value, value === "never" ? text : `In ${text}${from}`] as const,
  );
  if (token === undefined) {
    return fresh;
  }
  const { expires_at: end, expired } = token;
  const kept =
    end === null ? "Unchanged: never" : `${expired ? "Expired" : "Unchanged"}: ${fullTime(end)}`;
  return [["keep", kept], ...fresh.filter(([value]) => end !== null || value !== "never")];
}
