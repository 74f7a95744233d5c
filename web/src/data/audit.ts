import { useInfiniteQuery } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { type AuditFilter, auditQuery } from "../logic/audit/audit-filter";
import { useServices } from "../services";

export type AuditEntry = components["schemas"]["AuditEntryView"];

interface AuditPage {
  readonly items: readonly AuditEntry[];
  readonly next_cursor: string | null;
  readonly searched_until?: number;
  /** The filter's times, which must stay the same from page to page. */
  readonly query: ReturnType<typeof auditQuery>;
}

type PageParam =
  { readonly cursor: string; readonly query: ReturnType<typeof auditQuery> } | undefined;

const PAGE_SIZE = 50;

/** The audit log, newest first, page by page. A filtered page can be empty and not the last. */
export function useAuditLog(filter: AuditFilter) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: ["audit", filter],
    initialPageParam: undefined as PageParam,
    getNextPageParam: ({ next_cursor, query }: AuditPage): PageParam =>
      next_cursor === null ? undefined : { cursor: next_cursor, query },
    queryFn: async ({ pageParam, signal }): Promise<AuditPage> => {
      const query = pageParam?.query ?? auditQuery(filter, Date.now() / 1000);
      const page = await unwrap(
        api.GET("/api/audit", {
          params: {
            query: {
              ...query,
              limit: PAGE_SIZE,
              ...(pageParam === undefined ? {} : { cursor: pageParam.cursor }),
            },
          },
          signal,
        }),
      );
      return { ...page, query };
    },
  });
}

/** Return a function that fetches the audit log as CSV. Rejects with ApiError. */
export function useAuditExport(): (filter: AuditFilter) => Promise<Blob> {
  const { api } = useServices();
  return (filter) =>
    unwrap<Blob>(
      api.GET("/api/audit.csv", {
        params: { query: auditQuery(filter, Date.now() / 1000) },
        parseAs: "blob",
      }),
    );
}
