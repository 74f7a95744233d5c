import { Upload } from "lucide-preact";
import { useRef, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextArea } from "../../components/fields";
import { Notice } from "../../components/notice";

// What the API takes at most: characters of a file.
const LARGEST = 1_048_576;

/** The text of a file, and its name unless it was pasted. It holds secrets. */
export interface Source {
  readonly name: string | undefined;
  readonly text: string;
}

export const NOTHING: Source = { name: undefined, text: "" };

/** Takes the text of a file: pasted, chosen, or dropped. A file's text is not shown. */
export function FileText({
  label,
  hint,
  error,
  source,
  onSource,
}: {
  label: string;
  hint: string;
  error: string | undefined;
  source: Source;
  onSource: (source: Source) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [wrong, setWrong] = useState<string>();

  async function read(file: File | undefined) {
    if (file === undefined) {
      return;
    }
    if (file.size > LARGEST) {
      setWrong(`${file.name} is larger than 1 MiB; that is no .env file.`);
      return;
    }
    try {
      // A file that is not UTF-8 would silently lose characters of its secrets.
      const content = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      setWrong(undefined);
      onSource({ name: file.name, text: content });
    } catch {
      setWrong(`${file.name} cannot be read as UTF-8 text.`);
    }
  }

  if (source.name !== undefined) {
    return (
      <>
        <Notice
          kind="info"
          action={
            <Button size="small" onClick={() => onSource(NOTHING)}>
              Take another
            </Button>
          }
        >
          <span class="break">{source.name}</span> is chosen. Its text is not shown.
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
        maxLength={LARGEST}
        placeholder={"OPENAI_API_KEY=…\nGITHUB_TOKEN=…"}
        autocomplete="off"
        autocapitalize="off"
        value={source.text}
        onValue={(text) => onSource({ name: undefined, text })}
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
