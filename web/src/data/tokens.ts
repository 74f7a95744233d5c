import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { allPages, dataOf, wholePages } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Token = components["schemas"]["TokenView"];
export type CreateToken = components["schemas"]["CreateToken"];
export type CreatedToken = components["schemas"]["CreatedToken"];

const TOKENS = ["tokens"];

/** All tokens, without the tokens themselves. */
export function useTokens() {
  const { api } = useServices();
  return useQuery({
    queryKey: TOKENS,
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        dataOf(api.GET("/api/tokens", { params: { query: wholePages(cursor) }, signal })),
      ),
  });
}

/**
 * Makes a token; the result holds it, this once. Not a mutation, whose cache would keep it. Rejects
 * with ApiError.
 */
export function useCreateToken(): (body: CreateToken) => Promise<CreatedToken> {
  const { api } = useServices();
  const queries = useQueryClient();
  return async (body) => {
    const created = await dataOf(api.POST("/api/tokens", { body }));
    void queries.invalidateQueries({ queryKey: TOKENS });
    return created;
  };
}

/** Revokes a token, at once and for good. Rejects with ApiError. */
export function useRevokeToken() {
  const { api } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token_id: string) =>
      dataOf(api.DELETE("/api/tokens/{token_id}", { params: { path: { token_id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: TOKENS }),
  });
}
