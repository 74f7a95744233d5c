import type { ComponentChildren } from "preact";

/** A placeholder for an empty page: why it is empty, and what to do first. */
export function EmptyState({
  title,
  children,
  action,
}: {
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children && <div class="muted">{children}</div>}
      {action && <div class="actions">{action}</div>}
    </div>
  );
}
