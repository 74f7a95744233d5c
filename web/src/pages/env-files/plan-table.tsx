import { useState } from "preact/hooks";
import { Badge, type Tone } from "../../components/badge";
import { Button } from "../../components/button";
import type { EnvLine } from "../../data/env-files";
import { type Action, countActions, countInWords, tells } from "../../logic/env-plan";
import { counted } from "../../logic/format";

const ACTIONS: Readonly<Record<Action, readonly [tone: Tone, text: string]>> = {
  import: ["ok", "Import"],
  keep: ["neutral", "Stays"],
  duplicate: ["info", "Duplicate"],
  refuse: ["danger", "Refused"],
};

// Lines in the table at first; a file may have thousands.
const FIRST = 200;

/** What would become, or became, of each line of a file. */
export function PlanTable({ lines }: { lines: readonly EnvLine[] }) {
  const [whole, setWhole] = useState(false);
  const [all, setAll] = useState(false);
  const counts = countActions(lines);
  const telling = all ? lines : lines.filter(tells);
  const shown = whole ? telling : telling.slice(0, FIRST);
  const quiet = lines.length - lines.filter(tells).length;

  return (
    <>
      <p class="row">
        {(Object.keys(ACTIONS) as Action[])
          .filter((action) => counts[action] > 0)
          .map((action) => (
            <Badge key={action} tone={ACTIONS[action][0]}>
              {countInWords(action, counts[action])}
            </Badge>
          ))}
      </p>
      <div class="panel">
        <table class="plan stacked">
          <caption class="hidden-visually">What becomes of each line</caption>
          <thead>
            <tr>
              <th scope="col" class="numeric">
                Line
              </th>
              <th scope="col">Variable</th>
              <th scope="col">What happens</th>
              <th scope="col">Why</th>
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
                        {line.api_name} <span class="mono muted">{line.hint}</span>
                      </span>
                    )}
                  </span>
                </td>
                <td class="break">
                  {line.reason}
                  {line.action === "import" && line.base_url !== null && (
                    <span class="muted small block">{line.base_url}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(shown.length < telling.length || quiet > 0) && (
        <div class="actions">
          {shown.length < telling.length && (
            <Button size="small" onClick={() => setWhole(true)}>
              Show all {counted(telling.length, "line")}
            </Button>
          )}
          {quiet > 0 && (
            <Button size="small" variant="quiet" aria-pressed={all} onClick={() => setAll(!all)}>
              {all ? "Hide" : "Show"} {counted(quiet, "comment or empty line")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}
