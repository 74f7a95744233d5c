import { asApiError } from "../../api/problem";
import { useToast } from "../../components/toasts";
import { useRemoveReservation, useReserve } from "../../data/limit-changes";
import type { TokenReservation } from "../../logic/limits/quota";
import { isActive, reservationText, reservationSize } from "../../logic/limits/reservations";

/** Removes a reservation at once, and offers to bring it back. */
export function useReservationRemoval(api_name: string, onRemoved: () => void) {
  const release = useRemoveReservation();
  const reserve = useReserve();
  const toast = useToast();

  async function restore(held: TokenReservation, name: string) {
    try {
      await reserve.mutateAsync({
        api_name,
        token_id: held.token_id,
        wanted: reservationSize(held),
      });
      toast({ text: `${name}: ${reservationText(held)} again, counted anew.` });
    } catch (error) {
      toast({ text: `Not reserved again for ${name}: ${asApiError(error).message}` });
    }
  }

  return async (held: TokenReservation, name: string) => {
    try {
      await release.mutateAsync({ api_name, token_id: held.token_id });
    } catch (error) {
      // Somebody else was faster: it is gone, as was wanted.
      if (asApiError(error).code !== "reservation_not_found") {
        toast({ text: `Not removed: ${asApiError(error).message}` });
        return;
      }
    }
    onRemoved();
    toast({
      text: `Nothing is reserved for ${name} any more.`,
      ...(isActive(held, Date.now() / 1000) && {
        action: { label: "Undo", run: () => void restore(held, name) },
      }),
    });
  };
}
