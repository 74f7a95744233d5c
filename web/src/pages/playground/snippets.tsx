import { useId, useState } from "preact/hooks";
import { Code } from "../../components/code";
import type { Composed } from "../../logic/compose";
import { newTokenPlace } from "../../logic/places";
import { type Language, LANGUAGES, PLACEHOLDER, snippet } from "../../logic/snippets-request";
import { useApiAddress } from "../../services";

/** The request as a program; a token's place is held by an environment variable. */
export function Snippets({ request }: { request: Composed }) {
  const name = useId();
  const address = useApiAddress();
  const [language, setLanguage] = useState<Language>("curl");
  return (
    <details class="snippets">
      <summary>Copy as code</summary>
      <fieldset class="segmented" aria-label="Language">
        {(Object.keys(LANGUAGES) as Language[]).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name={name}
              checked={language === one}
              onChange={() => setLanguage(one)}
            />
            {LANGUAGES[one]}
          </label>
        ))}
      </fieldset>
      <Code label={LANGUAGES[language]} text={snippet(language, address, request)} />
      <p class="muted small">
        Set <code>{PLACEHOLDER}</code> to a token; <a href={newTokenPlace()}>make one</a> if you
        have none.
      </p>
    </details>
  );
}
