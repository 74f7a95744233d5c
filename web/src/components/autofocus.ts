import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * Focus the element marked `autofocus` inside the returned root. Browsers do this themselves only
 * when a page or dialog opens, not when content replaces other content, such as a dialog's next
 * step.
 */
export function useAutofocus<E extends HTMLElement>(): RefObject<E> {
  const root = useRef<E>(null);
  useEffect(() => root.current?.querySelector<HTMLElement>("[autofocus]")?.focus(), []);
  return root;
}
