import { counted } from "../logic/format";
import { Button } from "./button";

/** Shows what is hidden of many, such as limits, or hides it again; `of` says whose they are. */
export function FoldButton({
  hidden,
  open,
  of,
  what = "limit",
  onToggle,
}: {
  hidden: number;
  open: boolean;
  of: string;
  what?: string;
  onToggle: () => void;
}) {
  return (
    <Button size="small" variant="quiet" aria-expanded={open} onClick={onToggle}>
      {open ? "Show fewer" : `Show ${counted(hidden, `more ${what}`)}`}
      <span class="hidden-visually"> of {of}</span>
    </Button>
  );
}
