import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import { type Key, KEYS } from "./keys";
import { RATE_LIMITS } from "./rate-limits";

export type CreateKey = components["schemas"]["CreateKey"];
export type ChangeKey = components["schemas"]["ChangeKey"];

/**
 * Store a key. Like `useChangeKey` not a mutation, because its cache would keep the secret. Rejects
 * with ApiError.
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

/** Change a key, or replace its secret. Rejects with ApiError. */
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

/** Delete a key. Rejects with ApiError. */
export function useDeleteKey() {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return useMutation({
    mutationFn: (key_id: string) =>
      unwrap(api.DELETE("/api/keys/{key_id}", { params: { path: { key_id } } })),
    onSuccess: renew,
  });
}

/** Check a key with the provider's harmless test request. Rejects with ApiError. */
export function useCheckKey() {
  const { api } = useServices();
  const renew = useInvalidateKeys();
  return useMutation({
    mutationFn: (key_id: string) =>
      unwrap(api.POST("/api/keys/{key_id}/check", { params: { path: { key_id } } })),
    onSuccess: renew,
  });
}

/** Invalidate the keys and the rate limits, which show skipped keys. */
function useInvalidateKeys(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: RATE_LIMITS });
    await queries.invalidateQueries({ queryKey: KEYS });
  };
}

/** Set or remove a key's check interval in seconds. Rejects with ApiError. */
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
