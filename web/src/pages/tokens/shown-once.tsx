import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Code } from "../../components/code";
import { SelectField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { Notice } from "../../components/notice";
import { RunLines } from "../../components/run-lines";
import { Snippets } from "../../components/snippets";
import type { CreatedToken } from "../../data/tokens";
import type { SnippetApi } from "../../logic/snippets/api-snippets";
import { fullTime } from "../../logic/format/time";
import { coversApi } from "../../logic/tokens/tokens";

/** A new token with code that uses it. Its value cannot be shown again after closing. */
export function ShownOnce({
  created,
  apis,
  warned,
  onCopied,
  onClose,
}: {
  created: CreatedToken;
  apis: readonly SnippetApi[];
  /** The user tried to close it without copying the token. */
  warned: boolean;
  onCopied: () => void;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLDivElement>();
  const callable = apis.filter(({ apiName }) => coversApi(created, apiName));
  const [name, setName] = useState(callable[0]?.apiName ?? "");
  const api = callable.find(({ apiName }) => apiName === name);

  return (
    <div class="stack" ref={root} onCopy={onCopied}>
      <Notice kind="warn">
        <strong>Copy the token now.</strong> It is not shown again: only its hash is stored.
        {created.previous !== null && (
          <> The old value works until {fullTime(created.previous.expires_at)}.</>
        )}
      </Notice>
      <Code label="Token" wrap text={created.token} onCopied={onCopied} />
      {api !== undefined && (
        <>
          {callable.length > 1 && (
            <SelectField
              label="API"
              value={name}
              options={callable.map(({ apiName }) => [apiName, apiName])}
              onValue={setName}
            />
          )}
          <h3>Run an agent or a script</h3>
          <p class="muted">
            With <code>api-dashboard run</code>, a program gets a token of its own, so you do not
            have to copy one.
          </p>
          <RunLines key={`run ${api.apiName}`} api={api} />
          <h3>Use this token</h3>
          <Snippets
            key={api.apiName}
            api={api}
            token={created.token}
            scope={created}
            onCopied={onCopied}
          />
        </>
      )}
      {warned && (
        <Notice kind="danger">
          You have not copied the token. If you close this dialog, the token is lost and you have to
          create another one.
        </Notice>
      )}
      <footer class="actions">
        <Button variant={warned ? "danger" : "primary"} autofocus onClick={onClose}>
          {warned ? "Close without copying" : "Done"}
        </Button>
      </footer>
    </div>
  );
}
