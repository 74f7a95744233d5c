import createClient, { type Client } from "openapi-fetch";
import { errorFromResponse } from "./problem";
import type { paths } from "./schema";
import type { Session } from "./session";
import { sendConfirmed, type StepUp } from "./step-up";

export type Api = Client<paths>;

/**
 * The API's typed client. Every call carries the session's access token. If a call needs a
 * confirmation that it is the user, `stepUp` asks for it. `onSetUp` is called if the user must
 * first set up a second factor.
 */
export function createApi(
  base: string,
  session: Session,
  stepUp: StepUp,
  onSetUp: () => void,
): Api {
  const send = (request: Request) => session.fetch(request);
  return createClient<paths>({
    baseUrl: base,
    fetch: (request) => sendConfirmed(request, send, stepUp, onSetUp),
  });
}

/** A client for the calls that need no session. */
export function createPublicApi(base: string): Api {
  return createClient<paths>({ baseUrl: base });
}

/** Return the data of a successful call. Rejects with ApiError otherwise. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) {
    throw errorFromResponse(response, error);
  }
  return data as T;
}

/** One page of a list. */
export interface ListPage<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** Fetch every item of a list that is short enough to read as a whole, such as keys and tokens. */
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

// The largest page that the API returns.
const LARGEST_PAGE = 1000;

/** The query parameters for one page of `fetchAllPages`. */
export function pageQuery(cursor: string | undefined): { limit: number; cursor?: string } {
  return cursor === undefined ? { limit: LARGEST_PAGE } : { limit: LARGEST_PAGE, cursor };
}
