import { CopyButton } from "./copy";

/** A piece of code or text to be copied, such as a snippet. */
export function Code({
  text,
  label,
  wrap = false,
  onCopied,
}: {
  text: string;
  label: string;
  /** Breaks long lines, for what is one word. */
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
