import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/preact-query";
import { dataOf } from "../api/client";
import type { components } from "../api/schema";
import { withArrivals } from "../logic/log-pages";
import { type Opened, type RequestFilter, startOf } from "../logic/request-filter";
import { useServices } from "../services";

export type LoggedRequest = components["schemas"]["RequestView"];

/** A page of the log, and where its listing began; epoch seconds. */
interface LogPage {
  readonly items: readonly LoggedRequest[];
  readonly next_cursor: string | null;
  readonly start: number | undefined;
}

type Log = InfiniteData<LogPage, Place>;
type Place = { readonly cursor: string; readonly start: number | undefined } | undefined;

// Entries: what a first view needs, and what whoever looks further back wants at once.
const FIRST = 100;
const OLDER = 500;
// Readings in a row that may find nothing, of a filter that few match.
const PATIENCE = 4;
// Milliseconds between two looks for new entries.
const LIVE = 2_500;
// An entry stands where its request began and comes when it ended: seconds looked back for those.
const OVERLAP = 75;
// New entries that are read in one go, and readings; more than that, and the log is read anew.
const ARRIVALS = 200;
const MOST_READINGS = 10;

const key = (filter: RequestFilter) => ["requests", "log", filter] as const;

/** The request log, newest first, page by page. */
export function useRequestLog(filter: RequestFilter) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: key(filter),
    // What is new comes by itself (useArrivals); a listing keeps its beginning from page to page.
    staleTime: Number.POSITIVE_INFINITY,
    initialPageParam: undefined as Place,
    getNextPageParam: (last: LogPage): Place =>
      last.next_cursor === null ? undefined : { cursor: last.next_cursor, start: last.start },
    queryFn: async ({ pageParam, signal }): Promise<LogPage> => {
      const start = pageParam === undefined ? startOf(filter, Date.now() / 1000) : pageParam.start;
      let cursor = pageParam?.cursor;
      for (let reading = 1; ; reading += 1) {
        const query = {
          ...queryOf(filter, start),
          limit: pageParam === undefined ? FIRST : OLDER,
          ...(cursor === undefined ? {} : { cursor }),
        };
        const page = await dataOf(api.GET("/api/requests", { params: { query }, signal }));
        if (page.items.length > 0 || page.next_cursor === null || reading === PATIENCE) {
          return { ...page, start };
        }
        cursor = page.next_cursor;
      }
    },
  });
}

/**
 * What has come since the log was read, looked for every few seconds while `live`, and held back
 * until `take` puts it into the log.
 */
export function useArrivals(filter: RequestFilter, live: boolean) {
  const { api } = useServices();
  const queries = useQueryClient();
  const queryKey = ["requests", "arrivals", filter] as const;
  const arrivals = useQuery({
    queryKey,
    enabled: live,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: LIVE,
    queryFn: async ({ signal }): Promise<readonly LoggedRequest[]> => {
      const held = queries.getQueryData<readonly LoggedRequest[]>(queryKey) ?? [];
      const log = queries.getQueryData<Log>(key(filter));
      const newest = held[0]?.at ?? log?.pages[0]?.items[0]?.at;
      const since = newest ?? Date.now() / 1000 - OVERLAP;
      const start = Math.max(Math.floor(since) - OVERLAP, log?.pages[0]?.start ?? 0);
      const found: LoggedRequest[] = [];
      let cursor: string | null = null;
      for (let reading = 0; reading < MOST_READINGS; reading += 1) {
        const query: Record<string, unknown> = { ...queryOf(filter, start), limit: ARRIVALS };
        if (cursor !== null) {
          query["cursor"] = cursor;
        }
        const page = await dataOf(api.GET("/api/requests", { params: { query }, signal }));
        found.push(...page.items);
        cursor = page.next_cursor;
        if (cursor === null) {
          return notIn(log, withArrivals([held], found, Number.POSITIVE_INFINITY)[0] ?? []);
        }
      }
      void queries.resetQueries({ queryKey: key(filter) });
      return [];
    },
  });
  const held = arrivals.data ?? NONE;
  return {
    held,
    /** The first look is not over yet. */
    looking: live && arrivals.isPending,
    take: () => {
      insert(queries, filter, held);
      queries.setQueryData(queryKey, []);
    },
  };
}

/** One entry: of what is loaded, or by its second, which a link may have with it. */
export function useRequest(opened: Opened | undefined, loaded: readonly LoggedRequest[]) {
  const { api } = useServices();
  const known = loaded.find((entry) => entry.request_id === opened?.id);
  const at = opened?.at;
  const asked = useQuery({
    queryKey: ["requests", "one", opened],
    enabled: known === undefined && at !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<LoggedRequest | null> => {
      const second = at ?? 0;
      const query = { start: second, end: second + 1, limit: 1000 };
      const page = await dataOf(api.GET("/api/requests", { params: { query }, signal }));
      return page.items.find((entry) => entry.request_id === opened?.id) ?? null;
    },
  });
  return known ?? asked.data ?? undefined;
}

const NONE: readonly LoggedRequest[] = [];

function queryOf(filter: RequestFilter, start: number | undefined) {
  return {
    ...(filter.api === undefined ? {} : { api_name: filter.api }),
    ...(filter.status === undefined ? {} : { status: filter.status }),
    ...(filter.token === undefined ? {} : { token_id: filter.token }),
    ...(start === undefined ? {} : { start }),
    ...(filter.to === undefined ? {} : { end: filter.to }),
  };
}

function notIn(log: Log | undefined, entries: readonly LoggedRequest[]): readonly LoggedRequest[] {
  const known = new Set(log?.pages.flatMap((page) => page.items.map((entry) => entry.request_id)));
  const fresh = entries.filter((entry) => !known.has(entry.request_id));
  return fresh.length === 0 ? NONE : fresh;
}

function insert(queries: QueryClient, filter: RequestFilter, held: readonly LoggedRequest[]): void {
  queries.setQueryData<Log>(key(filter), (log) => {
    if (log === undefined) {
      return log;
    }
    const before = log.pages.map((page) => page.items);
    const after = withArrivals(before, held, FIRST);
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
