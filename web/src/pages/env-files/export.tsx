import { Download } from "lucide-preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Code } from "../../components/code";
import { EmptyState } from "../../components/empty-state";
import { Checkbox } from "../../components/fields";
import { useForm } from "../../components/form";
import { QueryState } from "../../components/query-state";
import { Notice } from "../../components/notice";
import { useKeys } from "../../data/keys";
import { NEW_KEY_PATH } from "../../logic/navigation/routes";
import { groupByApi } from "../../logic/keys/pools";
import { ExportToken, type TokenChoice } from "./export-token";
import { EnvFileInput, EMPTY_SOURCE } from "./file-input";
import { type SafeFile, useSafeFile } from "./safe-file";
import { SecretLines } from "./secret-lines";

/** Export a file with a token and base URLs of the proxy instead of keys. */
export function ExportEnvFile() {
  const keys = useKeys();
  return (
    <QueryState query={keys}>
      {(stored) =>
        stored.length === 0 ? (
          <EmptyState
            title="Nothing to export yet"
            action={
              <>
                <a class="button primary" href="/env-files">
                  Import .env file
                </a>
                <a class="button" href={NEW_KEY_PATH}>
                  Add key
                </a>
              </>
            }
          >
            A safe .env file lists the APIs whose keys are in the vault. Add a key first.
          </EmptyState>
        ) : (
          <ExportForm apis={groupByApi(stored).map(({ apiName }) => apiName)} />
        )
      }
    </QueryState>
  );
}

const NO_TOKEN: TokenChoice = { source: "new", name: "", token: "" };

function ExportForm({ apis }: { apis: readonly string[] }) {
  const write = useSafeFile();
  const [choice, setChoice] = useState(NO_TOKEN);
  const [every, setEvery] = useState(true);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [original, setOriginal] = useState(EMPTY_SOURCE);
  const [exported, setWritten] = useState<Exported>();
  const radios = useId();
  const form = useForm(
    ["name", "token", "apis", "content"],
    async () => {
      const wanted = every ? apis : chosen;
      const safe = await write(choice, wanted, every, original.text);
      setChoice(NO_TOKEN);
      setOriginal(EMPTY_SOURCE);
      setWritten({
        ...safe,
        kept: original.text !== "",
        leftOut: wanted.filter((api) => !safe.file.apis.includes(api)),
      });
    },
    () => ({
      ...(every || chosen.length > 0 ? {} : { apis: "Choose at least one API." }),
      ...(choice.source === "new" && choice.name.trim() === ""
        ? { name: "Enter a name for the token." }
        : {}),
      ...(choice.source === "existing" && choice.token.trim() === ""
        ? { token: "Paste the token or choose another option." }
        : {}),
    }),
  );

  if (exported !== undefined) {
    return <ExportedFile exported={exported} onAgain={() => setWritten(undefined)} />;
  }
  return (
    <form class="stack" noValidate onSubmit={form.submit}>
      <fieldset class="stack tight">
        <legend>APIs</legend>
        <label class="checkbox">
          <input type="radio" name={radios} checked={every} onChange={() => setEvery(true)} />
          <span>All APIs with a key</span>
        </label>
        <label class="checkbox">
          <input type="radio" name={radios} checked={!every} onChange={() => setEvery(false)} />
          <span>Only these APIs</span>
        </label>
        {!every && (
          <div class="env-apis">
            {apis.map((api) => (
              <Checkbox
                key={api}
                label={<span class="break">{api}</span>}
                checked={chosen.includes(api)}
                aria-invalid={form.at("apis") === undefined ? undefined : true}
                onChecked={(checked) =>
                  setChosen(checked ? [...chosen, api] : chosen.filter((other) => other !== api))
                }
              />
            ))}
          </div>
        )}
        {form.at("apis") && <p class="field-error">{form.at("apis")}</p>}
      </fieldset>
      <ExportToken value={choice} onValue={setChoice} at={form.at} />
      <EnvFileInput
        label="Original file (optional)"
        hint="The export keeps its comments, order and other variables, and replaces or removes its keys. The file is not stored."
        error={form.at("content")}
        source={original}
        onSource={setOriginal}
      />
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <div class="actions">
        <Button type="submit" variant="primary" busy={form.busy}>
          Create file
        </Button>
      </div>
    </form>
  );
}

/** An exported file. */
interface Exported extends SafeFile {
  /** Whether it contains lines of an original file. */
  readonly kept: boolean;
  /** The APIs that the token may not call. */
  readonly leftOut: readonly string[];
}

function ExportedFile({
  exported: {
    file: { content, secrets },
    tokenName,
    kept,
    leftOut,
  },
  onAgain,
}: {
  exported: Exported;
  onAgain: () => void;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  function download() {
    const url = URL.createObjectURL(new Blob([content], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    // Browsers strip the leading dot of a name such as .env.
    link.download = "safe.env";
    link.click();
    URL.revokeObjectURL(url);
  }

  return (
    <div class="stack">
      <h2 ref={heading} tabIndex={-1}>
        Your safe .env file
      </h2>
      <p class="muted">
        {kept
          ? "The keys of the exported APIs are replaced. Everything else is unchanged. "
          : "The file contains no keys. "}
        Replace the old file with it. To cut off its access, revoke its token.
      </p>
      {tokenName !== undefined && (
        <Notice kind="warn">
          <strong>Copy or download it now.</strong> It contains the token {tokenName}, which is not
          shown again.
        </Notice>
      )}
      {leftOut.length > 0 && (
        <Notice kind="warn">
          The token may not call {leftOut.join(", ")}: the variables of{" "}
          {leftOut.length === 1 ? "this API" : "these APIs"} are unchanged.
        </Notice>
      )}
      <SecretLines lines={secrets} />
      <Code label=".env" text={content} />
      <div class="actions">
        <Button variant="primary" onClick={download}>
          <Download size={15} aria-hidden="true" /> Download file
        </Button>
        <Button onClick={onAgain}>Export another file</Button>
      </div>
    </div>
  );
}
