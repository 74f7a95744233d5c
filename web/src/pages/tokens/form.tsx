import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { SelectField, TextArea, TextField } from "../../components/fields";
import { useFirstFocus } from "../../components/first-focus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { type CreatedToken, useCreateToken } from "../../data/tokens";
import type { SnippetApi } from "../../logic/snippets";
import {
  EXPIRIES,
  type Expiry,
  expirySeconds,
  type Method,
  type MethodChoice,
  methodsOf,
  pathPrefixes,
  type WindowChoice,
  WINDOWS,
} from "../../logic/tokens";
import { ApiChoice } from "./api-choice";
import { MethodFields } from "./method-fields";

const FIELDS = [
  "name",
  "apis",
  "methods",
  "path_prefixes",
  "expires_in",
  "limit",
  "window",
] as const;

/** What a new token may do. Nothing is given unless it is chosen here. */
export function TokenForm({
  apis,
  preset,
  onCreated,
  onClose,
}: {
  apis: readonly SnippetApi[];
  preset: string;
  onCreated: (token: CreatedToken) => void;
  onClose: () => void;
}) {
  const root = useFirstFocus<HTMLFormElement>();
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [every, setEvery] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>(
    apis.some(({ apiName }) => apiName === preset) ? [preset] : [],
  );
  const [methods, setMethods] = useState<MethodChoice>("all");
  const [some, setSome] = useState<readonly Method[]>(["GET"]);
  const [prefixes, setPrefixes] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("7776000");
  const [limit, setLimit] = useState("");
  const [perWindow, setPerWindow] = useState<WindowChoice>("86400");

  const form = useForm(
    FIELDS,
    async () => {
      const limited = limit.trim() !== "";
      onCreated(
        await create({
          name: name.trim(),
          apis: every ? ["*"] : [...chosen],
          methods: methodsOf(methods, some),
          path_prefixes: pathPrefixes(prefixes),
          expires_in: expirySeconds(expiry),
          limit: limited ? Number(limit) : null,
          window: limited ? Number(perWindow) : null,
          rehearsal: null,
        }),
      );
    },
    () => ({
      ...(name.trim() === "" ? { name: "Name it after what will hold it." } : {}),
      ...(!every && chosen.length === 0
        ? { apis: "Choose at least one API; without one the token could do nothing." }
        : {}),
      ...(methods === "some" && some.length === 0
        ? { methods: "Choose at least one method." }
        : {}),
    }),
  );

  return (
    <form class="stack" ref={root} noValidate onSubmit={form.submit}>
      <TextField
        label="Name"
        placeholder="nightly report, laptop, agent"
        hint="After the script or machine that will hold it, so that you know later what to revoke."
        maxLength={100}
        autofocus
        value={name}
        onValue={setName}
        error={form.at("name")}
      />
      <ApiChoice
        apis={apis}
        every={every}
        onEvery={setEvery}
        chosen={chosen}
        onChosen={setChosen}
        error={form.at("apis")}
      />
      <div class="field-grid">
        <SelectField
          label="Expires"
          hint={
            expiry === "never"
              ? "It works until you revoke it. A shorter life limits what a leak can do."
              : "After that it is refused, whoever holds it."
          }
          value={expiry}
          options={EXPIRIES.map(([value, text]) => [
            value,
            value === "never" ? text : `In ${text}`,
          ])}
          onValue={setExpiry}
          error={form.at("expires_in")}
        />
        <div class="limit-fields">
          <TextField
            label="Limit (optional)"
            type="number"
            inputMode="numeric"
            min={1}
            placeholder="No limit"
            hint="Requests."
            value={limit}
            onValue={setLimit}
            error={form.at("limit") ?? form.at("window")}
          />
          <SelectField
            label="per"
            value={perWindow}
            options={WINDOWS}
            disabled={limit.trim() === ""}
            onValue={setPerWindow}
          />
        </div>
      </div>
      <details open={form.at("path_prefixes") !== undefined || form.at("methods") !== undefined}>
        <summary>Only some methods or paths</summary>
        <div class="stack">
          <MethodFields
            choice={methods}
            onChoice={setMethods}
            some={some}
            onSome={setSome}
            error={form.at("methods")}
          />
          <TextArea
            label="Paths (optional)"
            rows={3}
            placeholder={"/v1/chat\n/v1/models"}
            hint="Prefixes behind /proxy/name, one a line, ending at a segment: /v1/chat allows /v1/chat/completions, not /v1/chats. None means all paths."
            value={prefixes}
            onValue={setPrefixes}
            error={form.at("path_prefixes")}
          />
        </div>
      </details>
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Make the token
        </Button>
      </footer>
    </form>
  );
}
