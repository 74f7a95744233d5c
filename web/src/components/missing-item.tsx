import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog";
import { Notice } from "./notice";

/**
 * Whether an address asks for what is not there. What goes while it is looked at, as when it is
 * deleted, is not gone in this sense.
 */
export function useMissingItem(
  id: string | undefined,
  found: boolean,
  { data, isFetching }: { readonly data: unknown; readonly isFetching: boolean },
): boolean {
  const lastFound = useRef<string>();
  const [missing, setGone] = useState<string>();
  const loaded = data !== undefined && !isFetching;
  useEffect(() => {
    if (found) {
      lastFound.current = id;
    } else if (loaded && id !== lastFound.current) {
      setGone(id);
    }
  }, [id, found, loaded]);
  return id !== undefined && id !== "" && id === missing && !found;
}

/** Says that what a link led to is not there. */
export function MissingItem({
  title,
  children,
  onClose,
}: {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
}) {
  return (
    <Dialog kind="aside" title={title} onClose={onClose}>
      <Notice kind="info">{children}</Notice>
    </Dialog>
  );
}
