import { useState } from "preact/hooks";
import { Badge, type Tone } from "../../components/badge";
import { Button } from "../../components/button";
import type { EnvLine } from "../../data/env-files";
import {
  type LineAction,
  countActions,
  countText,
  isNoteworthy,
} from "../../logic/env/import-plan";
import { pluralize } from "../../logic/format/numbers";

const ACTIONS: Readonly<Record<LineAction, readonly [tone: Tone, text: string]>> = {
  import: ["ok", "Import"],
  keep: ["neutral", "Kept"],
  duplicate: ["info", "Duplicate"],
  refuse: ["danger", "Rejected"],
};

// Lines shown at first; a file may have thousands.
const FIRST = 200;

/** The planned or completed action for each line of a file. */
export function PlanTable({ lines }: { lines: readonly EnvLine[] }) {
  const [showAll, setWhole] = useState(false);
  const [showIgnored, setAll] = useState(false);
  const counts = countActions(lines);
  const listed = showIgnored ? lines : lines.filter(isNoteworthy);
  const shown = showAll ? listed : listed.slice(0, FIRST);
  const hiddenCount = lines.length - lines.filter(isNoteworthy).length;

  return (
    <>
      <p class="row">
        {(Object.keys(ACTIONS) as LineAction[])
          .filter((action) => counts[action] > 0)
          .map((action) => (
            <Badge key={action} tone={ACTIONS[action][0]}>
              {countText(action, counts[action])}
            </Badge>
          ))}
      </p>
      <div class="panel">
        <table class="plan stacked">
          <caption class="hidden-visually">Action for each line</caption>
          <thead>
            <tr>
              <th scope="col" class="numeric">
                Line
              </th>
              <th scope="col">Variable</th>
              <th scope="col">Action</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((line) => (
              <tr key={line.line}>
                <td class="numeric muted">{line.line}</td>
                <td class="mono break">{line.name ?? <span class="muted">–</span>}</td>
                <td>
                  <span class="row">
                    <Badge tone={ACTIONS[line.action][0]}>{ACTIONS[line.action][1]}</Badge>
                    {line.api_name !== null && (
                      <span class="break">
                        {line.api_name} <span class="mono muted">{line.hints.join(" ")}</span>
                      </span>
                    )}
                  </span>
                </td>
                <td class="break">
                  {line.reason}
                  {line.action === "import" && line.base_url !== null && (
                    <span class="muted small block">
                      {line.base_url}
                      {line.username !== null && ` (user name ${line.username})`}
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(shown.length < listed.length || hiddenCount > 0) && (
        <div class="actions">
          {shown.length < listed.length && (
            <Button size="small" onClick={() => setWhole(true)}>
              Show all {pluralize(listed.length, "line")}
            </Button>
          )}
          {hiddenCount > 0 && (
            <Button
              size="small"
              variant="quiet"
              aria-pressed={showIgnored}
              onClick={() => setAll(!showIgnored)}
            >
              {showIgnored ? "Hide" : "Show"}{" "}
              {hiddenCount === 1
                ? "1 comment or blank line"
                : `${hiddenCount} comments and blank lines`}
            </Button>
          )}
        </div>
      )}
    </>
  );
}
