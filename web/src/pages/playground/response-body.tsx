import { Download } from "lucide-preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../../components/button";
import { CopyButton } from "../../components/copy";
import { Segmented } from "../../components/segmented";
import { download } from "../../download";
import { eventCount, downloadName, looksBinary } from "../../logic/playground/response-body";
import { bytes, pluralize } from "../../logic/format/numbers";
import { prettyJson } from "../../logic/playground/pretty-json";
import { type ReceivedResponse, type Exchange, SHOWN_CHARACTERS } from "./exchange";

const VIEWS = [
  ["pretty", "Formatted"],
  ["raw", "Raw"],
] as const;

/** A response body, shown only as text, or as a download. */
export function ResponseBody({
  response,
  state,
  path,
  type,
}: {
  response: ReceivedResponse;
  state: Exchange["state"];
  path: string;
  type: string | null;
}) {
  const [raw, setRaw] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const truncated = response.text.length >= SHOWN_CHARACTERS;
  const receiving = state === "receiving";
  const pretty = useMemo(
    () =>
      response.format === "json" && !receiving && !truncated
        ? prettyJson(response.text)
        : undefined,
    [response, receiving, truncated],
  );
  const binary = response.format === "binary" || looksBinary(response.text);
  const shown = raw || pretty === undefined ? response.text.slice(0, SHOWN_CHARACTERS) : pretty;

  useEffect(() => {
    // Follow a stream to its end unless the user scrolls back.
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
          {state === "broken" && "The connection was lost. The log shows the reason. "}
          {response.format === "events" && pluralize(eventCount(response.text), "event")}
        </span>
        {pretty !== undefined && (
          <Segmented
            label="Body format"
            value={raw ? "raw" : "pretty"}
            options={VIEWS}
            onValue={(value) => setRaw(value === "raw")}
          />
        )}
        {!binary && shown !== "" && <CopyButton text={shown} label="Copy body" small />}
        {response.bytes !== undefined && response.size > 0 && (
          <Button
            size="small"
            onClick={() => response.bytes && download(response.bytes, downloadName(path, type))}
          >
            <Download size={14} aria-hidden="true" /> Download body
          </Button>
        )}
      </div>
      {binary && <p class="muted">Binary content ({bytes(response.size)}) is not shown.</p>}
      {!binary && shown === "" && !receiving && <p class="muted">Empty body.</p>}
      {!binary && shown !== "" && (
        <pre ref={box} tabIndex={0} aria-label="Body">
          {shown}
        </pre>
      )}
      {!binary && truncated && (
        <p class="muted small">
          Truncated after {bytes(SHOWN_CHARACTERS)} of {bytes(response.size)}.
          {response.bytes !== undefined && " The download is complete."}
        </p>
      )}
    </div>
  );
}
