import { Upload } from "lucide-preact";
import { useRef, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextArea } from "../../components/fields";
import { Notice } from "../../components/notice";
import { decodeEnvFile, sizeError, textSizeError } from "../../logic/env/file-text";

/** The text of a file, with its name unless it was pasted. Contains secrets. */
export interface EnvSource {
  readonly name: string | undefined;
  readonly text: string;
}

export const EMPTY_SOURCE: EnvSource = { name: undefined, text: "" };

// Characters: browsers take minutes to display longer texts in a field.
const MAX_FIELD_LENGTH = 50_000;

/**
 * Accept a file as pasted text, from a file dialog or by drag and drop. A file's content is not
 * shown.
 */
export function EnvFileInput({
  label,
  hint,
  error,
  source,
  onSource,
}: {
  label: string;
  hint: string;
  error: string | undefined;
  source: EnvSource;
  onSource: (source: EnvSource) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [wrong, setWrong] = useState<string>();

  async function read(file: File | undefined) {
    if (file === undefined) {
      return;
    }
    const refusal = sizeError(file.name, file.size);
    const content =
      refusal === undefined
        ? decodeEnvFile(file.name, new Uint8Array(await file.arrayBuffer()))
        : { wrong: refusal };
    if ("text" in content) {
      setWrong(undefined);
      onSource({ name: file.name, text: content.text });
    } else {
      setWrong(content.wrong);
    }
  }

  /** Accept a text that is too long for the field; return whether it was. */
  function takeLong(text: string): boolean {
    if (text.length <= MAX_FIELD_LENGTH) {
      return false;
    }
    const refusal = textSizeError(text);
    setWrong(refusal);
    if (refusal === undefined) {
      onSource({ name: "the pasted text", text });
    }
    return true;
  }

  if (source.name !== undefined) {
    return (
      <>
        <Notice
          kind="info"
          action={
            <Button size="small" onClick={() => onSource(EMPTY_SOURCE)}>
              Choose another file
            </Button>
          }
        >
          Selected: <span class="break">{source.name}</span>. Its content is not shown.
        </Notice>
        {error && <Notice kind="danger">{error}</Notice>}
      </>
    );
  }
  return (
    <div
      class="file-text"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void read(event.dataTransfer?.files[0]);
      }}
    >
      <TextArea
        label={label}
        hint={hint}
        error={wrong ?? error}
        rows={9}
        placeholder={"OPENAI_API_KEY=…\nGITHUB_TOKEN=…"}
        autocomplete="off"
        autocapitalize="off"
        value={source.text}
        onPaste={(event) => {
          if (takeLong(event.clipboardData?.getData("text/plain") ?? "")) {
            event.preventDefault();
          }
        }}
        onValue={(text) => {
          setWrong(undefined);
          onSource({ name: undefined, text });
        }}
      />
      <div>
        <input
          ref={input}
          hidden
          type="file"
          onChange={(event) => {
            void read(event.currentTarget.files?.[0]);
            event.currentTarget.value = "";
          }}
        />
        <Button onClick={() => input.current?.click()}>
          <Upload size={15} aria-hidden="true" /> Choose a file…
        </Button>
        <span class="muted small"> or drop one here</span>
      </div>
    </div>
  );
}
