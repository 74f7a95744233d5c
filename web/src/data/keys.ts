import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { allPages, dataOf, wholePages } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Key = components["schemas"]["KeyView"];
export type CreateKey = components["schemas"]["CreateKey"];
export type ChangeKey = components["schemas"]["ChangeKey"];
export type CheckResult = components["schemas"]["CheckResult"];

/** Where the keys are kept among the queries. */
export const KEYS = ["keys"];

/** All stored keys. */
export function useKeys() {
  const { api } = useServices();
  return useQuery({
    queryKey: KEYS,
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        dataOf(api.GET("/api/keys", { params: { query: wholePages(cursor) }, signal })),
      ),
  });
}

/**
 * Stores a key. Not a mutation, whose cache would keep the secret, no more than `useChangeKey`.
 * Rejects with ApiError.
 */
export function useCreateKey(): (body: CreateKey) => Promise<Key> {
  const { api } = useServices();
  const renew = useRenewKeys();
  return async (body) => {
    const key = await dataOf(api.POST("/api/keys", { body }));
    void renew();
    return key;
  };
}

/** Changes a key, or replaces its secret. Rejects with ApiError. */
export function useChangeKey(): (key_id: string, body: ChangeKey) => Promise<Key> {
  const { api } = useServices();
  const renew = useRenewKeys();
  return async (key_id, body) => {
    const key = await dataOf(
      api.PATCH("/api/keys/{key_id}", { params: { path: { key_id } }, body }),
    );
    void renew();
    return key;
  };
}

/** Deletes a key. Rejects with ApiError. */
export function useDeleteKey() {
  const { api } = useServices();
  const renew = useRenewKeys();
  return useMutation({
    mutationFn: (key_id: string) =>
      dataOf(api.DELETE("/api/keys/{key_id}", { params: { path: { key_id } } })),
    onSuccess: renew,
  });
}

/** Proves a key by the provider's harmless request. Rejects with ApiError. */
export function useCheckKey() {
  const { api } = useServices();
  const renew = useRenewKeys();
  return useMutation({
    mutationFn: (key_id: string) =>
      dataOf(api.POST("/api/keys/{key_id}/check", { params: { path: { key_id } } })),
    onSuccess: renew,
  });
}

function useRenewKeys(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: KEYS });
}
