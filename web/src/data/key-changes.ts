import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import { type Key, KEYS } from "./keys";
import { RATE_LIMITS } from "./rate-limits";

export type CreateKey = components["schemas"]["CreateKey"];
export type ChangeKey = components["schemas"]["ChangeKey"];

/**
 * Stores a key. Not a mutation, whose cache would keep the secret, no more than `useChangeKey`.
 * Rejects with ApiError.
 */
export function useCreateKey(): (body: CreateKey) => Promise<Key> {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return async (body) => {
    const key = await unwrap(api.POST("/api/keys", { body }));
    void renew();
    return key;
  };
}

/** Changes a key, or replaces its secret. Rejects with ApiError. */
export function useChangeKey(): (key_id: string, body: ChangeKey) => Promise<Key> {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return async (key_id, body) => {
    const key = await unwrap(
      api.PATCH("/api/keys/{key_id}", { params: { path: { key_id } }, body }),
    );
    void renew();
    return key;
  };
}

/** Deletes a key. Rejects with ApiError. */
export function useDeleteKey() {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return useMutation({
    mutationFn: (key_id: string) =>
      unwrap(api.DELETE("/api/keys/{key_id}", { params: { path: { key_id } } })),
    onSuccess: renew,
  });
}

/** Proves a key by the provider's harmless request. Rejects with ApiError. */
export function useCheckKey() {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return useMutation({
    mutationFn: (key_id: string) =>
      unwrap(api.POST("/api/keys/{key_id}/check", { params: { path: { key_id } } })),
    onSuccess: renew,
  });
}

/** Keys, and the quota board, which shows those that are passed over. */
function useInvalidateKeys(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: RATE_LIMITS });
    await queries.invalidateQueries({ queryKey: KEYS });
  };
}

/** Sets or ends the schedule on which a key is checked; seconds. Rejects with ApiError. */
export function useScheduleKey() {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return useMutation({
    mutationFn: ({ key_id, check_every }: { key_id: string; check_every: number | null }) =>
      unwrap(
        api.PATCH("/api/keys/{key_id}", { params: { path: { key_id } }, body: { check_every } }),
      ),
    onSuccess: renew,
  });
}
