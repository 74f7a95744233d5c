import { ExternalLink } from "lucide-preact";
import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useCreateKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import {
  type Credential,
  credentialLocation,
  sameCredential,
  normalizeCredential,
} from "../../logic/keys/credentials";
import { headerDrafts, newHeaders } from "../../logic/keys/extra-headers";
import { CredentialFields, UsernameField } from "./credential-fields";
import { ExtraHeaders } from "./extra-headers";
import { trimSecret } from "../../logic/keys/pasted-secret";
import { PastedSecretField } from "./pasted-secret-field";
import { ScheduleField, useScheduledChecks } from "./schedule";

const BEARER: Credential = { scheme: "bearer", name: null, prefix: null, username: null };
const FIELDS = [
  "secret",
  "base_url",
  "auth.name",
  "auth.prefix",
  "auth.username",
  "auth",
  "api_name",
  "description",
  "check_every",
  "extra_headers",
] as const;
// The fields in the collapsed section.
const OPTIONAL_FIELDS = ["api_name", "description", "check_every", "extra_headers"];

/**
 * The form to add a key. A provider's key needs little more than the secret. A key that joins a
 * pool needs nothing else: it copies the rest from `sibling`, the pool's first key.
 */
export function KeyForm({
  provider,
  sibling,
  suggestedName,
  stored,
  onAdded,
  onBack,
}: {
  provider: Provider | undefined;
  sibling: Key | undefined;
  /** The API name, if it is known. */
  suggestedName: string | undefined;
  /** API names that have keys. */
  stored: ReadonlySet<string>;
  onAdded: (key: Key) => void;
  onBack: () => void;
}) {
  const root = useAutofocus<HTMLFormElement>();
  const create = useCreateKey();
  const [secret, setSecret] = useState("");
  const [baseUrl, setBaseUrl] = useState(
    sibling?.base_url ?? provider?.base_url ?? provider?.base_url_example ?? "",
  );
  const [auth, setAuth] = useState<Credential>(sibling?.auth ?? provider?.auth ?? BEARER);
  const [apiName, setApiName] = useState(
    sibling?.api_name ?? suggestedName ?? provider?.slug ?? "",
  );
  const [description, setDescription] = useState("");
  const [every, setEvery] = useState<number | null>(null);
  const [headers, setHeaders] = useState(() =>
    headerDrafts(
      [],
      sibling?.extra_headers.map(({ name }) => ({ name, required: true })) ??
        provider?.extra_headers ??
        [],
    ),
  );
  const needsHeaders = headers.some(({ known }) => known);
  const needsUsername =
    needsOwnUsername(sibling?.auth) ||
    (needsOwnUsername(provider?.auth) && provider?.auth.username === null);
  const needsBaseUrl = sibling === undefined && (provider?.base_url ?? null) === null;
  const usesProviderAuth = provider !== undefined && sameCredential(auth, provider.auth);

  const scheduled = useScheduledChecks() && (provider?.checkable ?? false);

  const form = useForm(
    FIELDS,
    async () => {
      const key = await create({
        secret: trimSecret(secret),
        provider: provider?.slug ?? null,
        base_url: baseUrl.trim() === provider?.base_url ? null : baseUrl.trim(),
        auth: usesProviderAuth && !needsUsername ? null : normalizeCredential(auth),
        api_name: apiName.trim() === "" ? null : apiName.trim(),
        description: description.trim(),
        check_every: every,
        extra_headers: newHeaders(headers),
      });
      setSecret("");
      setHeaders([]);
      onAdded(key);
    },
    () => {
      const example = provider?.base_url_example;
      return example != null && baseUrl.trim() === example
        ? { base_url: "Replace the placeholder with your own account name." }
        : {};
    },
  );

  const baseUrlField = (
    <TextField
      label="Base URL"
      type="url"
      class="mono"
      placeholder="https://api.example.com/v1"
      hint={
        auth.scheme === "path"
          ? "Use {token} as the placeholder for the secret."
          : "Request paths are appended to it. Calls never go anywhere else."
      }
      required
      autofocus={needsBaseUrl}
      value={baseUrl}
      onValue={setBaseUrl}
      error={form.at("base_url")}
    />
  );

  const extraHeaders = (
    <ExtraHeaders drafts={headers} onDrafts={setHeaders} error={form.at("extra_headers")} />
  );

  return (
    <form class="stack" ref={root} onSubmit={form.submit}>
      <KeyFormIntro provider={provider} sibling={sibling} />
      {needsBaseUrl && baseUrlField}
      {provider === undefined && sibling === undefined && (
        <CredentialFields value={auth} onValue={setAuth} at={(field) => form.at(field)} />
      )}
      {needsUsername && (
        <UsernameField
          value={auth.username ?? ""}
          onValue={(username) => setAuth({ ...auth, username })}
          error={form.at("auth.username")}
        />
      )}
      <PastedSecretField
        label="Secret"
        hint="Stored encrypted and never shown again, not even to you."
        auth={auth}
        autofocus={!needsBaseUrl && !needsUsername}
        value={secret}
        onValue={setSecret}
        error={form.at("secret") ?? (provider && form.at("auth"))}
      />
      {needsHeaders && extraHeaders}
      <details
        open={
          OPTIONAL_FIELDS.some((name) => form.error?.field?.startsWith(name)) ||
          (suggestedName !== undefined && suggestedName !== provider?.slug)
        }
      >
        <summary>
          {sibling === undefined && "API name, "}
          {sibling === undefined ? "description" : "Description"}
          {!needsBaseUrl && ", base URL"}
          {scheduled && ", checks"}
          {!needsHeaders && ", extra headers"}
        </summary>
        <div class="stack">
          {sibling === undefined && (
            <TextField
              label="API name"
              class="mono"
              placeholder="derived from the host"
              hint={
                stored.has(apiName.trim())
                  ? `Joins the pool of ${apiName.trim()}: when one key is exhausted, the next one is used.`
                  : "The name after /proxy/ in the URL."
              }
              autocapitalize="off"
              spellcheck={false}
              value={apiName}
              onValue={setApiName}
              error={form.at("api_name")}
            />
          )}
          <TextField
            label="Description"
            placeholder="What the key is for"
            maxLength={500}
            value={description}
            onValue={setDescription}
            error={form.at("description")}
          />
          {!needsBaseUrl && baseUrlField}
          {scheduled && (
            <ScheduleField every={every} onEvery={setEvery} error={form.at("check_every")} />
          )}
          {!needsHeaders && extraHeaders}
        </div>
      </details>
      {sibling === undefined && stored.has(apiName.trim()) && (
        <p class="hint">
          <strong>{apiName.trim()}</strong> already has a key. This one joins its pool.
        </p>
      )}
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onBack}>{sibling === undefined ? "Back" : "Cancel"}</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Add key
        </Button>
      </footer>
    </form>
  );
}

/** Where calls and their secret go, and where to get a key. */
function KeyFormIntro({
  provider,
  sibling,
}: {
  provider: Provider | undefined;
  sibling: Key | undefined;
}) {
  const auth = sibling?.auth ?? provider?.auth;
  return (
    <>
      {sibling !== undefined && (
        <p class="muted">
          The keys for {sibling.api_name} take turns, the one with the most quota left first.
          Exhausted and refused keys come last.
        </p>
      )}
      {auth !== undefined && (
        <div class="provider-about">
          <p class="mono small break muted">
            {sibling?.base_url ?? provider?.base_url ?? provider?.base_url_example}
            <br />
            {credentialLocation(auth)}
          </p>
          {provider !== undefined && <ProviderLinks provider={provider} />}
        </div>
      )}
    </>
  );
}

function ProviderLinks({ provider }: { provider: Provider }) {
  return (
    <div class="actions">
      {provider.keys_url !== null && (
        <a class="button small" href={provider.keys_url} target="_blank" rel="noreferrer">
          Get a key <ExternalLink size={13} aria-hidden="true" />
          <span class="hidden-visually">at {provider.name}, in a new tab</span>
        </a>
      )}
      <a class="button small quiet" href={provider.docs} target="_blank" rel="noreferrer">
        Docs <ExternalLink size={13} aria-hidden="true" />
        <span class="hidden-visually">of {provider.name}, in a new tab</span>
      </a>
    </div>
  );
}

/** Whether the credential has a username besides the secret. */
function needsOwnUsername(auth: Credential | undefined): boolean {
  return auth?.scheme === "basic" && auth.password === undefined;
}
