import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

let first = true;

/**
 * Set the tab's title and focus the page's `h1` after navigation, so that keyboards and screen
 * readers start there. Does not focus it when the dashboard opens.
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

/** Focus the page's `h1` after the focused element has disappeared. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
