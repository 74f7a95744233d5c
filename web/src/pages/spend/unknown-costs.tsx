import { useState } from "preact/hooks";
import { Notice } from "../../components/notice";
import type { Spend } from "../../data/spend";
import { pluralize } from "../../logic/format/numbers";
import { pricesPath } from "../../logic/navigation/routes";
import { unknownCosts } from "../../logic/spend/unknown-costs";
import { RestButton } from "./rest";

// Models and APIs shown at first.
const SHOWN = 4;

/** Which calls have an unknown cost, why, and what to do; what an estimate is. */
export function UnknownCosts({ spend }: { spend: Spend }) {
  const [open, setOpen] = useState(false);
  const found = unknownCosts(spend);
  const hidden = found.length - SHOWN;
  return (
    <>
      {found.length > 0 && (
        <Notice kind="warn">
          <ul class="stack tight">
            {found.slice(0, open ? undefined : SHOWN).map(({ api, model, calls, hasPrice }) => {
              const which = `${pluralize(calls, "call")} of ${model ?? api}`;
              return (
                <li key={`${api} ${model ?? ""}`} class="break">
                  {hasPrice
                    ? `${which} did not report what ${calls === 1 ? "it" : "they"} used. `
                    : `${which} ${calls === 1 ? "has" : "have"} no price, or did not report what ${calls === 1 ? "it" : "they"} used. `}
                  <a href={pricesPath(api, model ?? undefined)}>
                    {hasPrice ? "View prices" : "Set a price"}
                    <span class="hidden-visually"> of {model ?? api}</span>
                  </a>
                </li>
              );
            })}
          </ul>
          {hidden > 0 && (
            <RestButton
              count={hidden}
              open={open}
              of="the calls with an unknown cost"
              onToggle={() => setOpen(!open)}
            />
          )}
        </Notice>
      )}
      {spend.estimated_usd > 0 && (
        <p class="hint">
          If a response does not say what was used, its cost is estimated from the sizes of request
          and response: for example for a stream without usage, or one that was interrupted.
        </p>
      )}
    </>
  );
}
