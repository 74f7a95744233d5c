import type { RefObject } from "preact";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import type { EnvImported } from "../../data/env-files";
import { importedApis } from "../../logic/env/import-plan";
import { pluralize } from "../../logic/format/numbers";
import { PlanTable } from "./plan-table";

/** The result of an import, and how to remove the keys from the original file. */
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
        Stored in the vault: {importedApis(done.keys).join(", ") || "nothing new"}. The uploaded
        text was discarded, but the file itself still contains the keys.
      </Notice>
      <ol class="steps">
        <li>
          <a href="/env-files?way=export">Export a safe .env file</a> from the same file, with a
          token and base URLs instead of keys, and replace the old file with it.
        </li>
        <li>
          <a href="/keys">Check the keys</a>. If the old file was in a repository or a backup,
          create new keys at the provider and replace the secrets.
        </li>
      </ol>
      <details>
        <summary>Result for each line</summary>
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
