import { CopyButton } from "./copy";

/** Code or text to copy, such as a snippet. */
export function Code({
  text,
  label,
  wrap = false,
  onCopied,
}: {
  text: string;
  label: string;
  /** Wrap long lines, for text without spaces. */
  wrap?: boolean;
  onCopied?: (() => void) | undefined;
}) {
  return (
    <figure class={wrap ? "code wrap" : "code"}>
      <figcaption>
        <span>{label}</span>
        <CopyButton text={text} onCopied={onCopied} />
      </figcaption>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
