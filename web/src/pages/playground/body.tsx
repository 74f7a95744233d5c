import { Download } from "lucide-preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { CopyButton } from "../../components/copy";
import { Segmented } from "../../components/segmented";
import { download } from "../../download";
import { eventCount, fileName, looksBinary } from "../../logic/body-view";
import { bytes, counted } from "../../logic/format";
import { prettyJson } from "../../logic/pretty-json";
import { type Answer, type Exchange, SHOWN_CHARACTERS } from "./exchange";

const FORMS = [
  ["pretty", "Indented"],
  ["raw", "As it came"],
] as const;

/** An answer's body: as text and never as anything else, or to be downloaded. */
export function Body({
  answer,
  state,
  path,
  type,
}: {
  answer: Answer;
  state: Exchange["state"];
  path: string;
  type: string | null;
}) {
  const [raw, setRaw] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const cut = answer.text.length >= SHOWN_CHARACTERS;
  const receiving = state === "receiving";
  const pretty = useMemo(
    () => (answer.shape === "json" && !receiving && !cut ? prettyJson(answer.text) : undefined),
    [answer, receiving, cut],
  );
  const binary = answer.shape === "binary" || looksBinary(answer.text);
  const shown = raw || pretty === undefined ? answer.text.slice(0, SHOWN_CHARACTERS) : pretty;

  useEffect(() => {
    // A stream is followed to its end for as long as nobody scrolls back in it.
    const { current } = box;
    if (
      receiving &&
      current &&
      current.scrollHeight - current.scrollTop < current.clientHeight * 2
    ) {
      current.scrollTop = current.scrollHeight;
    }
  }, [receiving, shown]);

  return (
    <div class="body-view">
      <div class="body-tools">
        <h2>Body</h2>
        <span class="muted small">
          {receiving && "Receiving… "}
          {state === "cancelled" && "Cancelled. "}
          {state === "broken" && "The connection broke off: the log says why. "}
          {answer.shape === "events" && counted(eventCount(answer.text), "event")}
        </span>
        {pretty !== undefined && (
          <Segmented
            label="How the body is shown"
            value={raw ? "raw" : "pretty"}
            options={FORMS}
            onValue={(value) => setRaw(value === "raw")}
          />
        )}
        {!binary && shown !== "" && <CopyButton text={shown} label="Copy the body" small />}
        {answer.bytes !== undefined && answer.size > 0 && (
          <Button
            size="small"
            onClick={() => answer.bytes && download(answer.bytes, fileName(path, type))}
          >
            <Download size={14} aria-hidden="true" /> Download
          </Button>
        )}
      </div>
      {binary && <p class="muted">Binary, {bytes(answer.size)}. Nothing of it is shown.</p>}
      {!binary && shown === "" && !receiving && <p class="muted">Empty.</p>}
      {!binary && shown !== "" && (
        <pre ref={box} tabIndex={0} aria-label="Body">
          {shown}
        </pre>
      )}
      {!binary && cut && (
        <p class="muted small">
          Cut after {bytes(SHOWN_CHARACTERS)} of {bytes(answer.size)}.
          {answer.bytes !== undefined && " The download has all of it."}
        </p>
      )}
    </div>
  );
}
