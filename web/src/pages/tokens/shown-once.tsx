import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Code } from "../../components/code";
import { SelectField } from "../../components/fields";
import { useAutofocus } from "../../components/autofocus";
import { Notice } from "../../components/notice";
import { Snippets } from "../../components/snippets";
import type { CreatedToken } from "../../data/tokens";
import type { SnippetApi } from "../../logic/snippets/api-snippets";
import { coversApi } from "../../logic/tokens/tokens";

/** A new token with the code that uses it. When it is closed, nobody can see the token again. */
export function ShownOnce({
  created,
  apis,
  warned,
  onCopied,
  onClose,
}: {
  created: CreatedToken;
  apis: readonly SnippetApi[];
  /** It was to be closed without having been copied. */
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
        <strong>Copy it now.</strong> It is shown this once; only a hash of it is kept.
      </Notice>
      <Code label="Token" wrap text={created.token} onCopied={onCopied} />
      {api !== undefined && (
        <>
          <h3>Use it</h3>
          {callable.length > 1 && (
            <SelectField
              label="API"
              value={name}
              options={callable.map(({ apiName }) => [apiName, apiName])}
              onValue={setName}
            />
          )}
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
          You have not copied the token. When this closes, it is gone, and you need to make another.
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
