import type { ComponentChildren } from "preact";

export type Tone = "neutral" | "ok" | "warn" | "danger" | "info";

/** A state in a word; the colour never says more than the word. */
export function Badge({
  tone = "neutral",
  children,
}: {
  tone?: Tone;
  children: ComponentChildren;
}) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
