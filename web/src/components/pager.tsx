import { ChevronLeft, ChevronRight } from "lucide-preact";
import { number } from "../logic/format/numbers";
import { IconButton } from "./button";

/** Goes through the pages of a list; draws nothing for a single one. Pages count from 1. */
export function Pager({
  page,
  pages,
  onPage,
}: {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}) {
  if (pages < 2) {
    return null;
  }
  // At an end a button stays what it is to the focus, which a disabled one loses.
  const step = (label: string, next: number) => ({
    label,
    "aria-disabled": next < 1 || next > pages,
    onClick: () => next >= 1 && next <= pages && onPage(next),
  });
  return (
    <nav class="pager" aria-label="Pages of the list">
      <IconButton {...step("Previous page", page - 1)}>
        <ChevronLeft size={16} />
      </IconButton>
      <span class="numbers" aria-live="polite">
        Page {number(page)} of {number(pages)}
      </span>
      <IconButton {...step("Next page", page + 1)}>
        <ChevronRight size={16} />
      </IconButton>
    </nav>
  );
}
