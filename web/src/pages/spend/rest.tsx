import { Button } from "../../components/button";
import { number } from "../../logic/format/numbers";

/** Show the rest of a list, or hide it. */
export function RestButton({
  count,
  open,
  of,
  onToggle,
}: {
  count: number;
  open: boolean;
  /** The list. */
  of: string;
  onToggle: () => void;
}) {
  return (
    <Button size="small" variant="quiet" aria-expanded={open} onClick={onToggle}>
      {open ? "Show fewer" : `Show ${number(count)} more`}
      <span class="hidden-visually"> of {of}</span>
    </Button>
  );
}
