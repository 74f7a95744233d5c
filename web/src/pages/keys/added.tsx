import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { useAutofocus } from "../../components/autofocus";
import { RunLines } from "../../components/run-lines";
import { Snippets } from "../../components/snippets";
import type { Key } from "../../data/keys";
import type { Provider } from "../../data/providers";
import { apiPath, newTokenPath } from "../../logic/navigation/routes";
import { KeyCheck } from "./key-check";

/** The result of the check of a new key, and the next steps. */
export function KeyAdded({
  stored,
  provider,
  onAnother,
  onClose,
}: {
  stored: Key;
  provider: Provider | undefined;
  onAnother: () => void;
  onClose: () => void;
}) {
  const root = useAutofocus<HTMLDivElement>();
  const [snippets, setSnippets] = useState(false);
  const [refused, setRefused] = useState(false);
  const api = { apiName: stored.api_name, baseUrl: stored.base_url, provider };

  return (
    <div class="stack" ref={root}>
      <p>
        The key <span class="mono">{stored.hint}</span> for <strong>{stored.api_name}</strong> is
        stored.
      </p>
      <KeyCheck
        stored={stored}
        immediately={provider?.checkable ?? false}
        onResult={({ outcome }) => setRefused(outcome === "revoked")}
      />
      <h3>Run an agent or a script</h3>
      <RunLines api={api} firstTime autofocus />
      <h3>Or create a token</h3>
      <p class="muted">
        For programs that you start yourself. A token works instead of the key, and you can revoke
        it at any time.
      </p>
      <div class="actions">
        <a class={refused ? "button" : "button primary"} href={newTokenPath(stored.api_name)}>
          Create token for {stored.api_name}
        </a>
        <Button aria-expanded={snippets} onClick={() => setSnippets(!snippets)}>
          {snippets ? "Hide snippet" : "Show snippet"}
        </Button>
      </div>
      {snippets && <Snippets api={api} />}
      <p>
        <a href={apiPath(stored.api_name)}>SDKs, frameworks and editors for {stored.api_name}</a>
      </p>
      <footer class="actions">
        <Button onClick={onAnother}>Add another key</Button>
        <Button onClick={onClose}>Done</Button>
      </footer>
    </div>
  );
}
