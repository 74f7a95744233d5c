import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import { RATE_LIMITS } from "./rate-limits";

export type Token = components["schemas"]["TokenView"];
/** A new token. Without `allowed_ips`, it works from anywhere. */
export type CreateToken = Omit<components["schemas"]["CreateToken"], "allowed_ips"> & {
  allowed_ips?: string[];
};
export type CreatedToken = components["schemas"]["CreatedToken"];
export type ChangeToken = components["schemas"]["ChangeToken"];

const TOKENS = ["tokens"];

/** All tokens, without their secret values. */
export function useTokens() {
  const { api } = useServices();
  return useQuery({
    queryKey: TOKENS,
    queryFn: ({ signal }) =>
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/tokens", { params: { query: pageQuery(cursor) }, signal })),
      ),
  });
}

/**
 * Create a token. Only this result contains its value. Not a mutation, because its cache would keep
 * the value. Rejects with ApiError.
 */
export function useCreateToken(): (body: CreateToken) => Promise<CreatedToken> {
  const { api } = useServices();
  const queries = useQueryClient();
  return async (body) => {
    const created = await unwrap(api.POST("/api/tokens", { body: { allowed_ips: [], ...body } }));
    void queries.invalidateQueries({ queryKey: TOKENS });
    return created;
  };
}

/**
 * Give a token a new value; the old one works for `overlap` seconds. Not a mutation, as above.
 * Rejects with ApiError.
 */
export function useRotateToken(): (token_id: string, overlap: number) => Promise<CreatedToken> {
  const { api } = useServices();
  const queries = useQueryClient();
  return async (token_id, overlap) => {
    const created = await unwrap(
      api.POST("/api/tokens/{token_id}/rotate", {
        params: { path: { token_id } },
        body: { overlap },
      }),
    );
    void queries.invalidateQueries({ queryKey: TOKENS });
    return created;
  };
}

/** End the old value of a rotated token now. Rejects with ApiError. */
export function useEndPrevious() {
  const { api } = useServices();
  return useMutation({
    mutationFn: (token_id: string) =>
      unwrap(api.DELETE("/api/tokens/{token_id}/previous", { params: { path: { token_id } } })),
    onSettled: useInvalidateTokens(),
  });
}

/** Change a token from its next call on. Rejects with ApiError. */
export function useChangeToken() {
  const { api } = useServices();
  const renew = useInvalidateTokens();
  return useMutation({
    mutationFn: ({ token_id, ...body }: ChangeToken & { token_id: string }) =>
      unwrap(api.PATCH("/api/tokens/{token_id}", { params: { path: { token_id } }, body })),
    onSettled: renew,
  });
}

/** Revoke a token permanently. Rejects with ApiError. */
export function useRevokeToken() {
  const { api } = useServices();
  const renew = useInvalidateTokens();
  return useMutation({
    mutationFn: (token_id: string) =>
      unwrap(api.DELETE("/api/tokens/{token_id}", { params: { path: { token_id } } })),
    onSettled: renew,
  });
}

function useInvalidateTokens(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: TOKENS }),
      // Reservations end when their token may no longer call the API.
      queries.invalidateQueries({ queryKey: RATE_LIMITS }),
    ]);
}
