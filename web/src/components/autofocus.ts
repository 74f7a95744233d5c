import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * For the root of what replaces something else, such as a dialog's next step: focuses what is marked
 * `autofocus` in it. Browsers do so by themselves only when a page or a dialog opens.
 */
export function useAutofocus<E extends HTMLElement>(): RefObject<E> {
  const root = useRef<E>(null);
  useEffect(() => root.current?.querySelector<HTMLElement>("[autofocus]")?.focus(), []);
  return root;
}
