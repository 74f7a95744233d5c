import { Check, Copy } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { Button, IconButton } from "./button";

// Milliseconds for which the button shows the result.
const FEEDBACK_TIME = 2_000;

/** Copy a text. The button shows whether it succeeded. */
export function CopyButton({
  text,
  label = "Copy",
  small = false,
  autofocus = false,
  onCopied,
}: {
  text: string;
  label?: string;
  small?: boolean;
  /** Mark the button for useAutofocus. */
  autofocus?: boolean;
  /** Called after the text was copied. */
  onCopied?: (() => void) | undefined;
}) {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state !== "ready") {
      const timer = setTimeout(() => setState("ready"), FEEDBACK_TIME);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [state]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
      onCopied?.();
    } catch {
      setState("refused");
    }
  }

  const words =
    state === "copied" ? "Copied" : state === "refused" ? "Select the text and copy it" : label;
  const icon = state === "copied" ? <Check size={14} /> : <Copy size={14} />;
  if (small) {
    return (
      <IconButton size="small" label={words} onClick={copy}>
        {icon}
      </IconButton>
    );
  }
  return (
    <Button size="small" autofocus={autofocus} onClick={copy}>
      {icon} <span aria-live="polite">{words}</span>
    </Button>
  );
}
