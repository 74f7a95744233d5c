import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/preact-query";
import { type Api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { mergeNewEntries } from "../logic/requests/log-pages";
import { endedRequests } from "../logic/requests/open-requests";
import { type OpenEntry, type RequestFilter, filterStart } from "../logic/requests/request-filter";
import { useServices } from "../services";

export type LoggedRequest = components["schemas"]["RequestView"];
export type OpenRequest = components["schemas"]["OpenRequestView"];

/** A page of the log and the start of its time range in epoch seconds. */
interface LogPage {
  readonly items: readonly LoggedRequest[];
  readonly next_cursor: string | null;
  readonly searched_until?: number;
  readonly open?: readonly OpenRequest[];
  readonly start: number | undefined;
}

type Log = InfiniteData<LogPage, PageParam>;
type PageParam = { readonly cursor: string; readonly start: number | undefined } | undefined;

// Page sizes: enough for the first view, and for users who look further back.
const FIRST_PAGE_SIZE = 100;
const OLDER_PAGE_SIZE = 500;
// Milliseconds.
const POLL_INTERVAL = 2_500;
// Seconds. An entry has the time of its request but appears when the response ends.
const OVERLAP = 75;
// The page size and the number of pages for new entries. If there are more, reload the log.
const NEW_PAGE_SIZE = 200;
const MAX_NEW_PAGES = 10;

interface Polled {
  readonly entries: readonly LoggedRequest[];
  /** The requests in progress, newest first. */
  readonly open: readonly OpenRequest[];
}

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
      const query = {
        ...queryOf(filter, start),
        limit: pageParam === undefined ? FIRST_PAGE_SIZE : OLDER_PAGE_SIZE,
        ...(pageParam === undefined ? {} : { cursor: pageParam.cursor }),
      };
      const page = await unwrap(api.GET("/api/requests", { params: { query }, signal }));
      return { ...page, start };
    },
  });
}

/**
 * Entries that are newer than the loaded log, and the requests in progress, polled while `live`.
 * The entries stay separate until `insertNew` adds them to the log.
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
    queryFn: async ({ signal }): Promise<Polled> => {
      const before = queries.getQueryData<Polled>(queryKey);
      const waiting = before?.entries ?? NO_REQUESTS;
      const log = queries.getQueryData<Log>(logQueryKey(filter));
      const newest = waiting[0]?.at ?? log?.pages[0]?.items[0]?.at;
      const since = newest ?? Date.now() / 1000 - OVERLAP;
      const start = Math.max(Math.floor(since) - OVERLAP, log?.pages[0]?.start ?? 0);
      const found: LoggedRequest[] = [];
      let open: readonly OpenRequest[] = [];
      let cursor: string | null = null;
      for (let reading = 0; reading < MAX_NEW_PAGES; reading += 1) {
        const query: Record<string, unknown> = { ...queryOf(filter, start), limit: NEW_PAGE_SIZE };
        if (cursor !== null) {
          query["cursor"] = cursor;
        }
        const page = await unwrap(api.GET("/api/requests", { params: { query }, signal }));
        found.push(...page.items);
        open = page.open ?? open;
        cursor = page.next_cursor;
        if (cursor === null) {
          // The entry of a long request has the time of its start, which may be long ago.
          const seen = before?.open ?? log?.pages[0]?.open ?? [];
          for (const { request_id, at } of endedRequests(seen, open, found)) {
            const ended = await findEntry(api, request_id, Math.floor(at), signal, filter);
            if (ended !== undefined) {
              found.push(ended);
            }
          }
          const merged = mergeNewEntries([waiting], found, Number.POSITIVE_INFINITY)[0] ?? [];
          return { entries: withoutLogged(log, merged), open };
        }
      }
      void queries.resetQueries({ queryKey: logQueryKey(filter) });
      return { entries: NO_REQUESTS, open };
    },
  });
  const newEntries = result.data?.entries ?? NO_REQUESTS;
  return {
    newEntries,
    /** The requests in progress, undefined before the first poll. */
    open: result.data?.open,
    /** Whether the first poll is still in progress. */
    checking: live && result.isPending,
    insertNew: () => {
      insert(queries, filter, newEntries);
      queries.setQueryData<Polled>(
        queryKey,
        (polled) => polled && { ...polled, entries: NO_REQUESTS },
      );
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
      return (await findEntry(api, openEntry?.id, at ?? 0, signal)) ?? null;
    },
  });
  return known ?? result.data ?? undefined;
}

const NO_REQUESTS: readonly LoggedRequest[] = [];

/** The entry of a request that started in a second (epoch seconds). */
async function findEntry(
  api: Api,
  id: string | undefined,
  second: number,
  signal: AbortSignal,
  filter: RequestFilter = {},
): Promise<LoggedRequest | undefined> {
  const query = { ...queryOf(filter, second), end: second + 1, limit: 1000 };
  const page = await unwrap(api.GET("/api/requests", { params: { query }, signal }));
  return page.items.find((entry) => entry.request_id === id);
}

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
      return page?.items === items ? page : { next_cursor: null, start: undefined, ...page, items };
    });
    return { pages, pageParams: [...Array<undefined>(added).fill(undefined), ...log.pageParams] };
  });
}
