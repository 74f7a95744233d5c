import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";

export type Target = components["schemas"]["TargetView"];
export type CreateTarget = components["schemas"]["CreateTarget"];
export type ChangeTarget = components["schemas"]["ChangeTarget"];
export type NotificationView = components["schemas"]["NotificationView"];

const NOTIFICATIONS = ["notifications"];
const TARGETS = [...NOTIFICATIONS, "targets"];
const RECENT = [...NOTIFICATIONS, "recent"];

// Milliseconds. Deliveries are attempted every few seconds on one machine.
const REFRESH_INTERVAL = 15_000;
const PAGE_SIZE = 20;

/** All targets, and the kinds that the server can send. */
export function useTargets() {
  const { api } = useServices();
  return useQuery({
    queryKey: TARGETS,
    refetchInterval: REFRESH_INTERVAL,
    queryFn: ({ signal }) => unwrap(api.GET("/api/notifications/targets", { signal })),
  });
}

/** The notifications of the last 30 days, newest first, page by page. */
export function useNotifications() {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: RECENT,
    refetchInterval: REFRESH_INTERVAL,
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }: { next_cursor: string | null }) => next_cursor,
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/notifications", {
          params: {
            query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
  });
}

/**
 * Create a target. Only this result contains the secret of a webhook. Not a mutation, because its
 * cache would keep the secret. Rejects with ApiError.
 */
export function useCreateTarget() {
  const { api } = useServices();
  const renew = useInvalidate();
  return async (body: CreateTarget) => {
    const created = await unwrap(api.POST("/api/notifications/targets", { body }));
    void renew();
    return created;
  };
}

/** Replace the secret of a webhook; not a mutation, as above. Rejects with ApiError. */
export function useRotateSecret() {
  const { api } = useServices();
  const renew = useInvalidate();
  return async (target_id: string) => {
    const rotated = await unwrap(
      api.POST("/api/notifications/targets/{target_id}/rotate-secret", {
        params: { path: { target_id } },
      }),
    );
    void renew();
    return rotated;
  };
}

/** Change a target. Rejects with ApiError. */
export function useChangeTarget() {
  const { api } = useServices();
  return useMutation({
    mutationFn: ({ target_id, ...body }: ChangeTarget & { target_id: string }) =>
      unwrap(
        api.PATCH("/api/notifications/targets/{target_id}", {
          params: { path: { target_id } },
          body,
        }),
      ),
    onSettled: useInvalidate(),
  });
}

/** Remove a target. Rejects with ApiError. */
export function useRemoveTarget() {
  const { api } = useServices();
  return useMutation({
    mutationFn: (target_id: string) =>
      unwrap(
        api.DELETE("/api/notifications/targets/{target_id}", { params: { path: { target_id } } }),
      ),
    onSettled: useInvalidate(),
  });
}

/** Send a test notification now and return what the target answered. Rejects with ApiError. */
export function useTestTarget() {
  const { api } = useServices();
  return useMutation({
    mutationFn: (target_id: string) =>
      unwrap(
        api.POST("/api/notifications/targets/{target_id}/test", {
          params: { path: { target_id } },
        }),
      ),
    onSettled: useInvalidate(),
  });
}

function useInvalidate(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: NOTIFICATIONS });
}
