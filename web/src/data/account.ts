import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { type Api, fetchAllPages, unwrap, pageQuery } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import type { Profile } from "./profile";

export type SessionInfo = components["schemas"]["SessionView"];

const SESSIONS = ["sessions"];

/** Change the email address. Rejects with ApiError. */
export function useChangeEmail() {
  const { api } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (email: string) => unwrap(api.PATCH("/api/me", { body: { email } })),
    onSuccess: (profile) => queries.setQueryData<Profile>(["profile"], profile),
  });
}

/**
 * Set a new password; every other session ends. Not a mutation, because its cache would keep the
 * password. Rejects with ApiError.
 */
export function useChangePassword(): (
  username: string,
  current: string,
  next: string,
) => Promise<void> {
  const { session, stepUp } = useServices();
  const queries = useQueryClient();
  return async (username, current, next) => {
    await stepUp.run(() => session.changePassword(username, current, next));
    void queries.invalidateQueries({ queryKey: SESSIONS });
  };
}

/** The user's sessions, the current one first, then the most recent. */
export function useSessions() {
  const { api } = useServices();
  return useQuery({
    queryKey: SESSIONS,
    queryFn: async ({ signal }) => {
      const sessions = await fetchAllPages((cursor) =>
        unwrap(api.GET("/api/sessions", { params: { query: pageQuery(cursor) }, signal })),
      );
      return sessions.sort(
        (a, b) => Number(b.current) - Number(a.current) || b.refreshed_at - a.refreshed_at,
      );
    },
  });
}

/** End sessions permanently. A session that has already ended is not an error. */
export function useEndSessions() {
  const { api } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const session_id of ids) {
        const call = api.DELETE("/api/sessions/{session_id}", { params: { path: { session_id } } });
        const { response } = await call;
        if (response.status !== 404) {
          await unwrap(call);
        }
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: SESSIONS }),
  });
}

/** Delete the account with all its data, and sign out. Rejects with ApiError. */
export function useDeleteAccount(): (password: string) => Promise<void> {
  const { api, session } = useServices();
  return async (password) => {
    await unwrap(api.DELETE("/api/me", { body: { password } }));
    session.end("sign-out");
  };
}

/**
 * Export the account's data without secrets, which the API never returns, as a JSON file.
 * `onProgress` receives the number of log entries so far. Rejects with ApiError.
 */
export function useExport(): (onProgress: (requests: number) => void) => Promise<Blob> {
  const { api } = useServices();
  return async (onProgress) => {
    // Needs a confirmation, and records the export.
    await unwrap(api.POST("/api/me/exports"));
    const [profile, keys, tokens, limits] = await Promise.all([
      unwrap(api.GET("/api/me")),
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/keys", { params: { query: pageQuery(cursor) } })),
      ),
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/tokens", { params: { query: pageQuery(cursor) } })),
      ),
      fetchAllPages((cursor) =>
        unwrap(api.GET("/api/rate-limits", { params: { query: pageQuery(cursor) } })),
      ),
    ]);
    const head = { exported_at: Math.floor(Date.now() / 1000), profile, keys, tokens };
    const text = JSON.stringify({ ...head, rate_limits: limits }, null, 2);
    // Build the file from parts: a long log would not fit into one string.
    const parts = [`${text.slice(0, -2)},\n  "requests": [`];
    let count = 0;
    for await (const entries of requestPages(api)) {
      const lines = entries.map((entry) => JSON.stringify(entry));
      parts.push(count > 0 && lines.length > 0 ? ",\n    " : "\n    ", lines.join(",\n    "));
      count += entries.length;
      onProgress(count);
    }
    parts.push("\n  ]\n}\n");
    return new Blob(parts, { type: "application/json" });
  };
}

async function* requestPages(api: Api) {
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const query = pageQuery(cursor);
    const page = await unwrap(api.GET("/api/requests", { params: { query } }));
    yield page.items;
    cursor = page.next_cursor;
  }
}
