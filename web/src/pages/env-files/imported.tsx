import type { RefObject } from "preact";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import type { EnvImported } from "../../data/env-files";
import { importedApis } from "../../logic/env/import-plan";
import { pluralize } from "../../logic/format/numbers";
import { PlanTable } from "./plan-table";

/** What an import stored, and what to do so that the keys are out of the file for good. */
export function ImportResult({
  done,
  heading,
  onAgain,
}: {
  done: EnvImported;
  heading: RefObject<HTMLHeadingElement>;
  onAgain: () => void;
}) {
  return (
    <div class="stack">
      <h2 ref={heading} tabIndex={-1}>
        {pluralize(done.keys.length, "key")} imported
      </h2>
      <Notice kind="ok">
        Now in the vault: {importedApis(done.keys).join(", ") || "nothing new"}. The text of the
        file is forgotten here; the file itself still has the keys.
      </Notice>
      <ol class="steps">
        <li>
          <a href="/env-files?way=export">Write a safe .env file</a> from the same file: with a
          token and base URLs in the place of keys. Put it where the old one is.
        </li>
        <li>
          <a href="/keys">Check the keys</a>. Where the old file was in a repository or a backup,
          make new keys at the provider and replace the secrets.
        </li>
      </ol>
      <details>
        <summary>What became of each line</summary>
        <div class="stack">
          <PlanTable lines={done.lines} />
        </div>
      </details>
      <div class="actions">
        <Button onClick={onAgain}>Import another file</Button>
      </div>
    </div>
  );
}
