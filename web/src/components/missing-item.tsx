import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog";
import { Notice } from "./notice";

/**
 * Whether the URL names an item that does not exist. An item that is deleted while it is shown does
 * not count as missing.
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

/** Tell the user that the linked item does not exist. */
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
