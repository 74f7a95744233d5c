import type { ComponentChildren } from "preact";
import { useHeadingFocus } from "./heading-focus";

/** A page with its heading. Sets the tab's title and moves the focus to the heading. */
export function Page({
  title,
  place = title,
  lead,
  actions,
  children,
}: {
  title: string;
  /** What the page is about, if its title is known only after loading. */
  place?: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useHeadingFocus(title, place);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p class="muted">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}
