import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";

/** The query parameters of the current URL and a function to change them. */
export interface QueryParams {
  readonly query: Readonly<Record<string, string>>;
  /**
   * Change parameters; undefined removes one. With `back`, the browser's Back button undoes the
   * change, as for something that opens.
   */
  readonly setQuery: (
    changes: Readonly<Record<string, string | undefined>>,
    back?: boolean,
  ) => void;
}

/** Read and write page state that survives reloads and can be linked to. */
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

/** The current URL with changed query parameters, for links. */
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

/** A choice, such as a tab: part of the URL if `name` is given, otherwise kept while it is shown. */
export function useChoice(
  name: string | undefined,
): [chosen: string | undefined, choose: (value: string) => void] {
  const { query, setQuery } = useQueryParams();
  const [local, setLocal] = useState<string>();
  return name === undefined
    ? [local, setLocal]
    : [query[name], (value) => setQuery({ [name]: value })];
}

/** The requested page of a list with `pages` pages, from 1 on, and a function to open another. */
export function usePageParam(pages: number): [page: number, goTo: (page: number) => void] {
  const { query, setQuery } = useQueryParams();
  const requested = Number.parseInt(query["page"] ?? "1", 10) || 1;
  const page = Math.min(Math.max(requested, 1), Math.max(pages, 1));
  return [page, (next) => setQuery({ page: next === 1 ? undefined : String(next) }, true)];
}

// Milliseconds after the last keystroke until the text is written to the URL: browsers limit how
// often it changes.
const SETTLED = 250;

/** A text such as a filter that is written to the URL once the user stops typing. */
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
    // `setQuery` reads the URL only when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text, current, name]);
  return [text, setText];
}
