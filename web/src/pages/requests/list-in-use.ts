import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

// CSS pixels: further down, somebody is reading and the list must not move.
const AT_TOP = 160;

/** Whether somebody reads in the list: it is scrolled, or the focus is in it. */
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

/** Whether somebody reads in the list just now. */
export function isListInUse(list: HTMLElement | null): boolean {
  return scrollY > AT_TOP || list?.contains(document.activeElement) === true;
}
