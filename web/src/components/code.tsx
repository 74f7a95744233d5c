import { CopyButton } from "./copy";

/** Code or text to copy, such as a snippet. */
export function Code({
  text,
  label,
  wrap = false,
  autofocus = false,
  onCopied,
}: {
  text: string;
  label: string;
  /** Wrap long lines, for text without spaces. */
  wrap?: boolean;
  /** Mark the button for useAutofocus. */
  autofocus?: boolean;
  onCopied?: (() => void) | undefined;
}) {
  return (
    <figure class={wrap ? "code wrap" : "code"}>
      <figcaption>
        <span>{label}</span>
        <CopyButton text={text} autofocus={autofocus} onCopied={onCopied} />
      </figcaption>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
