import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog";
import { Notice } from "./notice";

/**
 * Whether an address asks for what is not there. What goes while it is looked at, as when it is
 * deleted, is not gone in this sense.
 */
export function useGone(
  id: string | undefined,
  found: boolean,
  { data, isFetching }: { readonly data: unknown; readonly isFetching: boolean },
): boolean {
  const seen = useRef<string>();
  const [gone, setGone] = useState<string>();
  const read = data !== undefined && !isFetching;
  useEffect(() => {
    if (found) {
      seen.current = id;
    } else if (read && id !== seen.current) {
      setGone(id);
    }
  }, [id, found, read]);
  return id !== undefined && id !== "" && id === gone && !found;
}

/** Says that what a link led to is not there. */
export function Gone({
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
