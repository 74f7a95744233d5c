import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";

/** What is asked for in the URL, and how to change it. */
export interface QueryParams {
  readonly query: Readonly<Record<string, string>>;
  /**
   * Changes members of the query; undefined removes one. With `back`, the browser's Back button
   * undoes it, as is right for what opens something.
   */
  readonly setQuery: (
    changes: Readonly<Record<string, string | undefined>>,
    back?: boolean,
  ) => void;
}

/** The part of a page's state that a reload or a link keeps: it stands in the URL's query. */
export function useQueryParams(): QueryParams {
  const { query, route } = useLocation();
  return {
    query,
    setQuery: (changes, back = false) => {
      const target = hrefWith(changes);
      if (target !== location.pathname + location.search) {
        route(target, !back);
      }
    },
  };
}

/** The present page's address with changes of its query, for links. */
export function hrefWith(changes: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) {
      parameters.delete(name);
    } else {
      parameters.set(name, value);
    }
  }
  const query = parameters.toString();
  return location.pathname + (query === "" ? "" : `?${query}`);
}

/** Which page of a list with so many is asked for, from 1 on, and how to go to another. */
export function usePageParam(pages: number): [page: number, goTo: (page: number) => void] {
  const { query, setQuery } = useQueryParams();
  const requested = Number.parseInt(query["page"] ?? "1", 10) || 1;
  const page = Math.min(Math.max(requested, 1), Math.max(pages, 1));
  return [page, (next) => setQuery({ page: next === 1 ? undefined : String(next) }, true)];
}

// Milliseconds after the last key until a text stands in the URL: browsers limit how often it changes.
const SETTLED = 250;

/** A text that is typed, such as a filter; it stands in the URL's query once it has settled. */
export function useTextParam(name: string): [text: string, setText: (text: string) => void] {
  const { query, setQuery } = useQueryParams();
  const current = query[name] ?? "";
  const [text, setText] = useState(current);
  useEffect(() => setText(current), [current]);
  useEffect(() => {
    if (text === current) {
      return undefined;
    }
    const timer = setTimeout(
      () => setQuery({ [name]: text === "" ? undefined : text, page: undefined }),
      SETTLED,
    );
    return () => clearTimeout(timer);
    // `setQuery` only reads the URL as it is when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text, current, name]);
  return [text, setText];
}
