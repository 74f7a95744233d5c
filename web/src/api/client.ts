import createClient, { type Client } from "openapi-fetch";
import { errorFromResponse } from "./problem";
import type { paths } from "./schema";
import type { Session } from "./session";

export type Api = Client<paths>;

/** The API's calls, typed by its OpenAPI document; all but the public ones carry the session. */
export function createApi(base: string, session: Session): Api {
  return createClient<paths>({ baseUrl: base, fetch: (request) => session.fetch(request) });
}

/** The calls that need no session. */
export function createPublicApi(base: string): Api {
  return createClient<paths>({ baseUrl: base });
}

/** The data of a call that succeeded. Rejects with ApiError otherwise. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) {
    throw errorFromResponse(response, error);
  }
  return data as T;
}

/** A page of a listing. */
export interface ListPage<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** Every item of a listing that is short enough to be read whole, such as keys and tokens. */
export async function fetchAllPages<T>(
  read: (cursor?: string) => Promise<ListPage<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let page = await read();
  items.push(...page.items);
  while (page.next_cursor !== null) {
    page = await read(page.next_cursor);
    items.push(...page.items);
  }
  return items;
}

// The most that the API gives at once.
const LARGEST_PAGE = 1000;

/** The query of one of `allPages`' readings. */
export function pageQuery(cursor: string | undefined): { limit: number; cursor?: string } {
  return cursor === undefined ? { limit: LARGEST_PAGE } : { limit: LARGEST_PAGE, cursor };
}
