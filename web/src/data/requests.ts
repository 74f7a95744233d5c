import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { mergeNewEntries } from "../logic/requests/log-pages";
import { type OpenEntry, type RequestFilter, filterStart } from "../logic/requests/request-filter";
import { useServices } from "../services";

export type LoggedRequest = components["schemas"]["RequestView"];

/** A page of the log and the start of its time range in epoch seconds. */
interface LogPage {
  readonly items: readonly LoggedRequest[];
  readonly next_cursor: string | null;
  readonly start: number | undefined;
}

type Log = InfiniteData<LogPage, PageParam>;
type PageParam = { readonly cursor: string; readonly start: number | undefined } | undefined;

// Page sizes: enough for the first view, and for users who look further back.
const FIRST_PAGE_SIZE = 100;
const OLDER_PAGE_SIZE = 500;
// The number of empty pages to skip for a filter that matches few entries.
const MAX_EMPTY_PAGES = 4;
// Milliseconds.
const POLL_INTERVAL = 2_500;
// Seconds. An entry has the time of its request but appears when the response ends.
const OVERLAP = 75;
// The page size and the number of pages for new entries. If there are more, reload the log.
const NEW_PAGE_SIZE = 200;
const MAX_NEW_PAGES = 10;

const logQueryKey = (filter: RequestFilter) => ["requests", "log", filter] as const;

/** The request log, newest first, page by page. */
export function useRequestLog(filter: RequestFilter) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: logQueryKey(filter),
    // New entries come from useNewRequests. A listing keeps its start from page to page.
    staleTime: Number.POSITIVE_INFINITY,
    initialPageParam: undefined as PageParam,
    getNextPageParam: (last: LogPage): PageParam =>
      last.next_cursor === null ? undefined : { cursor: last.next_cursor, start: last.start },
    queryFn: async ({ pageParam, signal }): Promise<LogPage> => {
      const start =
        pageParam === undefined ? filterStart(filter, Date.now() / 1000) : pageParam.start;
      let cursor = pageParam?.cursor;
      for (let reading = 1; ; reading += 1) {
        const query = {
          ...queryOf(filter, start),
          limit: pageParam === undefined ? FIRST_PAGE_SIZE : OLDER_PAGE_SIZE,
          ...(cursor === undefined ? {} : { cursor }),
        };
        const page = await unwrap(api.GET("/api/requests", { params: { query }, signal }));
        if (page.items.length > 0 || page.next_cursor === null || reading === MAX_EMPTY_PAGES) {
          return { ...page, start };
        }
        cursor = page.next_cursor;
      }
    },
  });
}

/**
 * Entries that are newer than the loaded log, polled while `live`. They stay separate until
 * `insertNew` adds them to the log.
 */
export function useNewRequests(filter: RequestFilter, live: boolean) {
  const { api } = useServices();
  const queries = useQueryClient();
  const queryKey = ["requests", "new", filter] as const;
  const result = useQuery({
    queryKey,
    enabled: live,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: POLL_INTERVAL,
    queryFn: async ({ signal }): Promise<readonly LoggedRequest[]> => {
      const waiting = queries.getQueryData<readonly LoggedRequest[]>(queryKey) ?? [];
      const log = queries.getQueryData<Log>(logQueryKey(filter));
      const newest = waiting[0]?.at ?? log?.pages[0]?.items[0]?.at;
      const since = newest ?? Date.now() / 1000 - OVERLAP;
      const start = Math.max(Math.floor(since) - OVERLAP, log?.pages[0]?.start ?? 0);
      const found: LoggedRequest[] = [];
      let cursor: string | null = null;
      for (let reading = 0; reading < MAX_NEW_PAGES; reading += 1) {
        const query: Record<string, unknown> = { ...queryOf(filter, start), limit: NEW_PAGE_SIZE };
        if (cursor !== null) {
          query["cursor"] = cursor;
        }
        const page = await unwrap(api.GET("/api/requests", { params: { query }, signal }));
        found.push(...page.items);
        cursor = page.next_cursor;
        if (cursor === null) {
          return withoutLogged(
            log,
            mergeNewEntries([waiting], found, Number.POSITIVE_INFINITY)[0] ?? [],
          );
        }
      }
      void queries.resetQueries({ queryKey: logQueryKey(filter) });
      return [];
    },
  });
  const newEntries = result.data ?? NO_REQUESTS;
  return {
    newEntries,
    /** Whether the first poll is still in progress. */
    checking: live && result.isPending,
    insertNew: () => {
      insert(queries, filter, newEntries);
      queries.setQueryData(queryKey, []);
    },
  };
}

/** One entry: a loaded one, or one that is fetched by the second in its link. */
export function useRequest(openEntry: OpenEntry | undefined, loaded: readonly LoggedRequest[]) {
  const { api } = useServices();
  const known = loaded.find((entry) => entry.request_id === openEntry?.id);
  const at = openEntry?.at;
  const result = useQuery({
    queryKey: ["requests", "one", openEntry],
    enabled: known === undefined && at !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<LoggedRequest | null> => {
      const second = at ?? 0;
      const query = { start: second, end: second + 1, limit: 1000 };
      const page = await unwrap(api.GET("/api/requests", { params: { query }, signal }));
      return page.items.find((entry) => entry.request_id === openEntry?.id) ?? null;
    },
  });
  return known ?? result.data ?? undefined;
}

const NO_REQUESTS: readonly LoggedRequest[] = [];

function queryOf(filter: RequestFilter, start: number | undefined) {
  return {
    ...(filter.api === undefined ? {} : { api_name: filter.api }),
    ...(filter.status === undefined ? {} : { status: filter.status }),
    ...(filter.token === undefined ? {} : { token_id: filter.token }),
    ...(start === undefined ? {} : { start }),
    ...(filter.to === undefined ? {} : { end: filter.to }),
  };
}

function withoutLogged(
  log: Log | undefined,
  entries: readonly LoggedRequest[],
): readonly LoggedRequest[] {
  const known = new Set(log?.pages.flatMap((page) => page.items.map((entry) => entry.request_id)));
  const fresh = entries.filter((entry) => !known.has(entry.request_id));
  return fresh.length === 0 ? NO_REQUESTS : fresh;
}

function insert(
  queries: QueryClient,
  filter: RequestFilter,
  waiting: readonly LoggedRequest[],
): void {
  queries.setQueryData<Log>(logQueryKey(filter), (log) => {
    if (log === undefined) {
      return log;
    }
    const before = log.pages.map((page) => page.items);
    const after = mergeNewEntries(before, waiting, FIRST_PAGE_SIZE);
    const added = after.length - before.length;
    const pages = after.map((items, number) => {
      const page = log.pages[Math.max(0, number - added)];
      return page?.items === items
        ? page
        : { items, next_cursor: page?.next_cursor ?? null, start: page?.start };
    });
    return { pages, pageParams: [...Array<undefined>(added).fill(undefined), ...log.pageParams] };
  });
}
