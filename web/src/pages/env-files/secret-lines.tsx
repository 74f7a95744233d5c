import { Notice } from "../../components/notice";
import type { EnvContent } from "../../data/env-files";
import { pluralize } from "../../logic/format/numbers";

// Lines listed by name; further ones are counted.
const NAMED = 20;

/** The lines of an exported file that still look like secrets. */
export function SecretLines({ lines }: { lines: EnvContent["secrets"] }) {
  if (lines.length === 0) {
    return null;
  }
  const more = lines.length - NAMED;
  return (
    <Notice kind="warn">
      <strong>
        {pluralize(lines.length, "line")} still {lines.length === 1 ? "looks" : "look"} like{" "}
        {lines.length === 1 ? "a secret" : "secrets"}.
      </strong>{" "}
      They are unchanged, because they belong to no exported API. Remove what should not be in the
      file.
      <ul class="secret-lines">
        {lines.slice(0, NAMED).map(({ line, name }) => (
          <li key={line}>
            Line {line}: {name === null ? "a comment or other text" : <code>{name}</code>}
          </li>
        ))}
        {more > 0 && <li>{pluralize(more, "further line")}</li>}
      </ul>
    </Notice>
  );
}
