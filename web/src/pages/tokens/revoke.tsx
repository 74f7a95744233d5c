import { asApiError } from "../../api/problem";
import { Confirm } from "../../components/confirm";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { type Token, useRevokeToken } from "../../data/tokens";

/** Ask for confirmation and revoke a token. */
export function RevokeToken({ token, onClose }: { token: Token; onClose: () => void }) {
  const revoke = useRevokeToken();
  const toast = useToast();

  async function end() {
    try {
      await revoke.mutateAsync(token.token_id);
    } catch (error) {
      // Already revoked elsewhere.
      if (asApiError(error).code !== "token_not_found") {
        throw error;
      }
    }
    toast({ text: `The token ${token.name} was revoked.` });
  }

  return (
    <Confirm
      title={`Revoke token ${token.name}?`}
      action="Revoke token"
      onConfirm={end}
      onClose={onClose}
    >
      <p>
        From the next request on, calls with <span class="mono">{token.hint}</span> are rejected.
        This cannot be undone. To restore access, create a new token and replace this one
        everywhere.
      </p>
      {token.reservations.length > 0 && (
        <p>
          This also removes its reservations for{" "}
          {token.reservations.map(({ api_name }) => api_name).join(", ")}.
        </p>
      )}
      <p class="muted">
        {token.last_used_at === null ? (
          "The token was never used."
        ) : (
          <>
            The token was last used <Ago at={token.last_used_at} />.
          </>
        )}
      </p>
    </Confirm>
  );
}
