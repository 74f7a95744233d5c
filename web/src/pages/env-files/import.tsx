import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { type EnvImported, type EnvPlan, useEnvFiles } from "../../data/env-files";
import { rejectedLinesText } from "../../logic/env/import-plan";
import { pluralize } from "../../logic/format/numbers";
import { EnvFileInput, EMPTY_SOURCE } from "./file-input";
import { ImportResult } from "./imported";
import { PlanTable } from "./plan-table";

/** Import the keys of a file after a preview of each line. */
export function ImportEnvFile() {
  const files = useEnvFiles();
  // Contains secrets: cleared after use, and never shown with the preview.
  const [source, setSource] = useState(EMPTY_SOURCE);
  const [plan, setPlan] = useState<EnvPlan>();
  const [result, setDone] = useState<EnvImported>();
  const heading = useRef<HTMLHeadingElement>(null);
  const step = result !== undefined ? "done" : plan !== undefined ? "preview" : "text";

  useEffect(() => {
    if (step !== "text") {
      heading.current?.focus();
    }
  }, [step]);

  const reading = useForm(
    ["content"],
    async () => setPlan(await files.preview(source.text)),
    () => (source.text.trim() === "" ? { content: "Paste a .env file or choose one." } : {}),
  );
  const storing = useForm([], async () => {
    const imported = await files.store(source.text);
    setSource(EMPTY_SOURCE);
    setPlan(undefined);
    setDone(imported);
  });

  function startOver() {
    setSource(EMPTY_SOURCE);
    setPlan(undefined);
    setDone(undefined);
  }

  if (result !== undefined) {
    return <ImportResult done={result} heading={heading} onAgain={startOver} />;
  }
  if (plan !== undefined) {
    const { keys, lines } = plan;
    const refused = rejectedLinesText(lines);
    return (
      <form class="stack" onSubmit={storing.submit}>
        <h2 ref={heading} tabIndex={-1}>
          {keys === 0 ? "No keys to import" : `${pluralize(keys, "key")} to import`}
        </h2>
        <p class="muted">
          From {source.name ?? "the pasted text"}, which is no longer shown. Nothing is stored yet.
        </p>
        {refused !== undefined && (
          <Notice kind="warn">
            {refused} rejected and will not be imported. Correct the file and start over, or import
            the rest.
          </Notice>
        )}
        <PlanTable lines={lines} />
        {storing.wrong && <Notice kind="danger">{storing.wrong}</Notice>}
        <div class="actions">
          {keys > 0 && (
            <Button type="submit" variant="primary" busy={storing.busy}>
              Import {pluralize(keys, "key")}
            </Button>
          )}
          <Button onClick={startOver}>Start over</Button>
        </div>
      </form>
    );
  }
  return (
    <form class="stack" noValidate onSubmit={reading.submit}>
      <EnvFileInput
        label="Your .env file"
        hint="The file is sent only to your own server. You see a preview of each line before anything is stored. The text is discarded afterwards."
        error={reading.at("content")}
        source={source}
        onSource={setSource}
      />
      {reading.wrong && <Notice kind="danger">{reading.wrong}</Notice>}
      <div class="actions">
        <Button type="submit" variant="primary" busy={reading.busy}>
          Preview import
        </Button>
      </div>
    </form>
  );
}
