import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

let first = true;

/**
 * Set the tab's title and focus the page's `h1` after navigation, so that keyboards and screen
 * readers start there. Does not focus it when the dashboard opens. `place` changes with the page's
 * content; a title may be known later.
 */
export function useHeadingFocus(title: string, place = title): RefObject<HTMLHeadingElement> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · API Dashboard`;
  }, [title]);
  useEffect(() => {
    if (!first) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first = false;
  }, [place]);
  return heading;
}

/** Focus the page's `h1` after the focused element has disappeared. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
