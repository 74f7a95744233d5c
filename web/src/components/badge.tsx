import type { ComponentChildren } from "preact";

export type Tone = "neutral" | "ok" | "warn" | "danger" | "info";

/** A short status label. The colour adds nothing that the text does not say. */
export function Badge({
  tone = "neutral",
  children,
}: {
  tone?: Tone;
  children: ComponentChildren;
}) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
