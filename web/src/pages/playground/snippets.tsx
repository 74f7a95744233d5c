import { useState } from "preact/hooks";
import { Code } from "../../components/code";
import { Segmented } from "../../components/segmented";
import type { Composed } from "../../logic/compose";
import { newTokenPlace } from "../../logic/places";
import { type Language, LANGUAGES, PLACEHOLDER, snippet } from "../../logic/snippets-request";
import { useApiAddress } from "../../services";

const CHOICES = Object.entries(LANGUAGES) as [Language, string][];

/** The request as a program; a token's place is held by an environment variable. */
export function Snippets({ request }: { request: Composed }) {
  const address = useApiAddress();
  const [language, setLanguage] = useState<Language>("curl");
  return (
    <details class="snippets">
      <summary>Copy as code</summary>
      <Segmented label="Language" value={language} options={CHOICES} onValue={setLanguage} />
      <Code label={LANGUAGES[language]} text={snippet(language, address, request)} />
      <p class="muted small">
        Set <code>{PLACEHOLDER}</code> to a token; <a href={newTokenPlace()}>make one</a> if you
        have none.
      </p>
    </details>
  );
}
