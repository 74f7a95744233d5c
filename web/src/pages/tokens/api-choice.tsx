import { useId, useState } from "preact/hooks";
import { Checkbox, TextField } from "../../components/fields";
import { NEW_KEY_PATH } from "../../logic/navigation/routes";
import type { SnippetApi } from "../../logic/snippets/api-snippets";

// With this many APIs, a search field is useful.
const MANY = 10;

/** Choose the APIs that a token may call: selected ones, or explicitly all. */
export function ApiChoice({
  apis,
  every,
  onEvery,
  chosen,
  onChosen,
  error,
}: {
  apis: readonly SnippetApi[];
  every: boolean;
  onEvery: (every: boolean) => void;
  chosen: readonly string[];
  onChosen: (names: readonly string[]) => void;
  error: string | undefined;
}) {
  const name = useId();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const listed = apis.filter(
    ({ apiName, provider }) =>
      apiName.includes(wanted) || (provider?.name.toLowerCase().includes(wanted) ?? false),
  );

  return (
    <fieldset class="stack tight" aria-describedby={`${name}-hint`}>
      <legend>Allowed APIs</legend>
      <p class="hint" id={`${name}-hint`}>
        A token can call only the APIs that you choose here.
      </p>
      <label class="checkbox">
        <input type="radio" name={name} checked={!every} onChange={() => onEvery(false)} />
        <span>Only these APIs</span>
      </label>
      {!every && (
        <div class="api-choice">
          {apis.length >= MANY && (
            <TextField label="Find an API" type="search" value={text} onValue={setText} />
          )}
          {apis.length === 0 && (
            <p class="muted">
              No API has a key yet. <a href={NEW_KEY_PATH}>Add a key first.</a>
            </p>
          )}
          <div class="api-boxes">
            {listed.map(({ apiName, provider }) => (
              <Checkbox
                key={apiName}
                aria-invalid={error === undefined ? undefined : true}
                checked={chosen.includes(apiName)}
                onChecked={(checked) =>
                  onChosen(
                    checked ? [...chosen, apiName] : chosen.filter((other) => other !== apiName),
                  )
                }
                label={
                  <span class="break">
                    {apiName}{" "}
                    {provider !== undefined && provider.name.toLowerCase() !== apiName && (
                      <span class="muted small">{provider.name}</span>
                    )}
                  </span>
                }
              />
            ))}
          </div>
        </div>
      )}
      <label class="checkbox">
        <input type="radio" name={name} checked={every} onChange={() => onEvery(true)} />
        <span>
          All APIs, <span class="muted">including those you add later</span>
        </span>
      </label>
      {error && <p class="field-error">{error}</p>}
    </fieldset>
  );
}
