import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

// CSS pixels. Further down, the user is reading and the list must not move.
const AT_TOP = 160;

/** Whether the user is reading the list: it is scrolled, or contains the focus. */
export function useListInUse(list: RefObject<HTMLElement>): boolean {
  const [reading, setReading] = useState(false);
  useEffect(() => {
    const look = () => setReading(isListInUse(list.current));
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("focusin", look);
    addEventListener("focusout", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("focusin", look);
      removeEventListener("focusout", look);
    };
  }, [list]);
  return reading;
}

/** Whether the user is reading the list at this moment. */
export function isListInUse(list: HTMLElement | null): boolean {
  return scrollY > AT_TOP || list?.contains(document.activeElement) === true;
}
