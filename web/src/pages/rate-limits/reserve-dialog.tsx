import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { QueryState } from "../../components/query-state";
import { Notice } from "../../components/notice";
import { useQueryParams } from "../../components/query-params";
import { useTokens } from "../../data/tokens";
import { newTokenPath } from "../../logic/navigation/routes";
import { candidateTokens, isActive, tokenLabel } from "../../logic/limits/reservations";
import type { ApiLimitsRow } from "./api-limits";
import { ReserveForm } from "./reserve-form";
import { RESERVATION_HINT } from "./reservations";

/** Reserve part of a policy for a token, or change its reservation. */
export default function ReserveDialog({
  row: { api_name: api, policy, quota },
  tokenId,
  onClose,
}: {
  row: ApiLimitsRow;
  /** The token; its reservation is changed if it has one. */
  tokenId: string | undefined;
  onClose: () => void;
}) {
  const tokens = useTokens();
  const { setQuery } = useQueryParams();
  const active = quota?.reservations.filter((one) => isActive(one, Date.now() / 1000)) ?? [];
  const current = active.find(({ token_id }) => token_id === tokenId);
  const all = tokens.data ?? [];
  const available = candidateTokens(all, api, active);
  const currentToken = all.find(({ token_id }) => token_id === current?.token_id);
  return (
    <Dialog
      title={
        currentToken
          ? `Change the ${api} reservation for ${tokenLabel(currentToken, all)}`
          : `Reserve requests of ${api}`
      }
      onClose={onClose}
    >
      <p class="muted">{RESERVATION_HINT}</p>
      {policy === undefined ? (
        <Notice
          kind="info"
          action={
            <Button
              size="small"
              onClick={() => setQuery({ reserve: undefined, set: api, for: "reserve" })}
            >
              Set limit
            </Button>
          }
        >
          You have not set a limit for {api}. The API’s own quota is known only after a call, so
          exact reservations are not possible.
        </Notice>
      ) : (
        <QueryState query={tokens}>
          {() =>
            currentToken === undefined && available.length === 0 ? (
              <Notice
                kind="info"
                action={
                  <a class="button small" href={newTokenPath(api)}>
                    Create token
                  </a>
                }
              >
                {active.length === 0
                  ? `No token can call ${api} yet.`
                  : `Every token that can call ${api} already has a reservation.`}
              </Notice>
            ) : (
              <ReserveForm
                api={api}
                policy={policy}
                reservations={active}
                current={currentToken && current}
                tokens={currentToken ? [currentToken] : available}
                allTokens={all}
                initialToken={currentToken?.token_id ?? tokenId}
                onClose={onClose}
              />
            )
          }
        </QueryState>
      )}
    </Dialog>
  );
}
