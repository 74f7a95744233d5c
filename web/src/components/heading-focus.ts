import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

let first = true;

/**
 * For a page's `h1`: it gets the focus when another page or title comes, so that keyboards and screen
 * readers begin there, but not when the dashboard opens.
 */
export function useHeadingFocus(title: string): RefObject<HTMLHeadingElement> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · API Dashboard`;
    if (!first) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first = false;
  }, [title]);
  return heading;
}

/** Focuses the page's `h1`, for where what had the focus is gone. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
