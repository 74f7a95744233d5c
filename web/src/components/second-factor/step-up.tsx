import { useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { type Answer, useStepUp } from "../../data/second-factor";
import { useServices } from "../../services";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { QueryState } from "../query-state";
import { Challenge } from "./challenge";

/** Ask the user to confirm that it is them, for the requests that wait for it. */
export function StepUpDialog() {
  const { stepUp } = useServices();
  const { offer, send } = useStepUp();
  const [busy, setBusy] = useState(false);

  async function answer(answered: Answer) {
    try {
      await send(answered);
    } catch (error) {
      if (asApiError(error).code === "challenge_expired") {
        void offer.refetch();
      }
      throw error;
    }
    stepUp.confirm();
  }

  return (
    <Dialog title="Confirm that it is you" busy={busy} onClose={() => stepUp.cancel()}>
      <p>
        This action needs a confirmation, so that nobody else can do it in your open browser. It
        holds for 5 minutes.
      </p>
      <QueryState query={offer} rows={2}>
        {(offered) => (
          <Challenge
            offer={offered}
            action="Confirm"
            autofocus
            onAnswer={answer}
            onBusy={setBusy}
            cancel={<Button onClick={() => stepUp.cancel()}>Cancel</Button>}
          />
        )}
      </QueryState>
    </Dialog>
  );
}
