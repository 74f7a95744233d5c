import { counted } from "../logic/format";
import { Button } from "./button";

/** Shows what is hidden of many limits, or hides it again; `of` says whose they are. */
export function FoldButton({
  hidden,
  open,
  of,
  onToggle,
}: {
  hidden: number;
  open: boolean;
  of: string;
  onToggle: () => void;
}) {
  return (
    <Button size="small" variant="quiet" aria-expanded={open} onClick={onToggle}>
      {open ? "Show fewer" : `Show ${counted(hidden, "more limit")}`}
      <span class="hidden-visually"> of {of}</span>
    </Button>
  );
}
