import type { ComponentChildren } from "preact";

/** A permanent message. Screen readers announce errors immediately. */
export function Notice({
  kind,
  children,
  action,
}: {
  kind: "info" | "warn" | "danger" | "ok";
  children: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class={`notice ${kind}`} role={kind === "danger" ? "alert" : "status"}>
      <div>{children}</div>
      {action}
    </div>
  );
}
