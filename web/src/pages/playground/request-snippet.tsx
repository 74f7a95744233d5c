import { useState } from "preact/hooks";
import { Code } from "../../components/code";
import { Segmented } from "../../components/segmented";
import { useAddresses } from "../../data/addresses";
import type { ComposedRequest } from "../../logic/playground/compose";
import { newTokenPath } from "../../logic/navigation/routes";
import { proxyOrigin } from "../../logic/snippets/api-snippets";
import {
  type Language,
  LANGUAGES,
  TOKEN_VARIABLE,
  requestSnippet,
} from "../../logic/snippets/request-snippets";

const CHOICES = Object.entries(LANGUAGES) as [Language, string][];

/** The request as code that reads the token from an environment variable. */
export function RequestSnippet({ request }: { request: ComposedRequest }) {
  const { proxy } = useAddresses();
  const [language, setLanguage] = useState<Language>("curl");
  return (
    <details class="snippets">
      <summary>Copy as code</summary>
      <Segmented label="Language" value={language} options={CHOICES} onValue={setLanguage} />
      <Code
        label={LANGUAGES[language]}
        text={requestSnippet(language, proxyOrigin(proxy), request)}
      />
      <p class="muted small">
        Set <code>{TOKEN_VARIABLE}</code> to a token. If you have none,{" "}
        <a href={newTokenPath()}>create one</a>.
      </p>
    </details>
  );
}
