import { pluralize } from "../logic/format/numbers";
import { Button } from "./button";

/** Expand or collapse a list, such as limits. `owner` says whose list it is. */
export function ShowMoreButton({
  count,
  open,
  owner,
  noun = "limit",
  onToggle,
}: {
  count: number;
  open: boolean;
  owner: string;
  noun?: string;
  onToggle: () => void;
}) {
  return (
    <Button size="small" variant="quiet" aria-expanded={open} onClick={onToggle}>
      {open ? "Show fewer" : `Show ${pluralize(count, `more ${noun}`)}`}
      <span class="hidden-visually"> of {owner}</span>
    </Button>
  );
}
