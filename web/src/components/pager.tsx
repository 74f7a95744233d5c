import { ChevronLeft, ChevronRight } from "lucide-preact";
import { number } from "../logic/format";
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
  return (
    <nav class="pager" aria-label="Pages of the list">
      <IconButton label="Previous page" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        <ChevronLeft size={16} />
      </IconButton>
      <span class="numbers" aria-live="polite">
        Page {number(page)} of {number(pages)}
      </span>
      <IconButton label="Next page" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        <ChevronRight size={16} />
      </IconButton>
    </nav>
  );
}
