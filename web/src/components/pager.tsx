import { ChevronLeft, ChevronRight } from "lucide-preact";
import { number } from "../logic/format/numbers";
import { IconButton } from "./button";

/** Navigation between the pages of a list, counted from 1. Renders nothing for a single page. */
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
  // aria-disabled keeps the focus on the button at either end; disabled would lose it.
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
