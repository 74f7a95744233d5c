import { asApiError } from "../../api/problem";
import { useToast } from "../../components/toasts";
import { useRemoveReservation, useReserve } from "../../data/limit-changes";
import type { TokenReservation } from "../../logic/limits/quota";
import { isActive, reservationText, reservationSize } from "../../logic/limits/reservations";

/** Return a function that removes a reservation immediately, with an option to undo it. */
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
      toast({ text: `${reservationText(held)} reserved for ${name} again. The count restarts.` });
    } catch (error) {
      toast({
        text: `The reservation for ${name} could not be restored. ${asApiError(error).message}`,
      });
    }
  }

  return async (held: TokenReservation, name: string) => {
    try {
      await release.mutateAsync({ api_name, token_id: held.token_id });
    } catch (error) {
      // Already removed elsewhere.
      if (asApiError(error).code !== "reservation_not_found") {
        toast({ text: `The reservation could not be removed. ${asApiError(error).message}` });
        return;
      }
    }
    onRemoved();
    toast({
      text: `The reservation for ${name} was removed.`,
      ...(isActive(held, Date.now() / 1000) && {
        action: { label: "Undo", run: () => void restore(held, name) },
      }),
    });
  };
}
