import { asApiError } from "../../api/problem";
import { Confirm } from "../../components/confirm";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { type Token, useRevokeToken } from "../../data/tokens";

/** Asks once before a token ends. */
export default function RevokeToken({ token, onClose }: { token: Token; onClose: () => void }) {
  const revoke = useRevokeToken();
  const toast = useToast();

  async function end() {
    try {
      await revoke.mutateAsync(token.token_id);
    } catch (error) {
      // Somebody else was faster: it is gone, as was wanted.
      if (asApiError(error).code !== "token_not_found") {
        throw error;
      }
    }
    toast({ text: `The token ${token.name} is revoked.` });
  }

  return (
    <Confirm
      title={`Revoke the token ${token.name}?`}
      action="Revoke the token"
      onConfirm={end}
      onClose={onClose}
    >
      <p>
        From the next request on, whatever holds <span class="mono">{token.hint}</span> is refused.
        This cannot be undone; you would have to make a new token and put it where this one is.
      </p>
      {token.reservations.length > 0 && (
        <p>
          What is reserved for it of {token.reservations.map(({ api_name }) => api_name).join(", ")}{" "}
          ends too.
        </p>
      )}
      <p class="muted">
        {token.last_used_at === null ? (
          "It was never used."
        ) : (
          <>
            It was last used <Ago at={token.last_used_at} />.
          </>
        )}
      </p>
    </Confirm>
  );
}
