import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Loaded } from "../../components/loaded";
import { Notice } from "../../components/notice";
import { usePlace } from "../../components/place";
import { useTokens } from "../../data/tokens";
import { newTokenPlace } from "../../logic/places";
import { candidates, holds, nameAmong } from "../../logic/reservations";
import type { ApiRow } from "./api-limits";
import { ReserveForm } from "./reserve-form";
import { WHAT_IT_DOES } from "./reservations";

/** Keeps a part of the user's own limit for a token, or changes what one has. */
export default function Reserve({
  row: { api_name: api, policy, quota },
  tokenId,
  onClose,
}: {
  row: ApiRow;
  /** The token that is meant; its reservation is changed if it has one. */
  tokenId: string | undefined;
  onClose: () => void;
}) {
  const tokens = useTokens();
  const { go } = usePlace();
  const held = quota?.reservations.filter((one) => holds(one, Date.now() / 1000)) ?? [];
  const present = held.find(({ token_id }) => token_id === tokenId);
  const all = tokens.data ?? [];
  const choice = candidates(all, api, held);
  const changed = all.find(({ token_id }) => token_id === present?.token_id);
  return (
    <Dialog
      title={
        changed
          ? `Change what ${nameAmong(changed, all)} has of ${api}`
          : `Reserve a part of ${api}`
      }
      onClose={onClose}
    >
      <p class="muted">{WHAT_IT_DOES}</p>
      {policy === undefined ? (
        <Notice
          kind="info"
          action={
            <Button
              size="small"
              onClick={() => go({ reserve: undefined, set: api, for: "reserve" })}
            >
              Set a limit
            </Button>
          }
        >
          {api} has no limit of your own. What it says of its quota is known only after a call, so
          nothing exact can be reserved of that.
        </Notice>
      ) : (
        <Loaded query={tokens}>
          {() =>
            changed === undefined && choice.length === 0 ? (
              <Notice
                kind="info"
                action={
                  <a class="button small" href={newTokenPlace(api)}>
                    Make a token
                  </a>
                }
              >
                {held.length === 0
                  ? `No token can call ${api} yet.`
                  : `Every token that can call ${api} has a reservation.`}
              </Notice>
            ) : (
              <ReserveForm
                api={api}
                policy={policy}
                held={held}
                present={changed && present}
                tokens={changed ? [changed] : choice}
                all={all}
                first={changed?.token_id ?? tokenId}
                onClose={onClose}
              />
            )
          }
        </Loaded>
      )}
    </Dialog>
  );
}
