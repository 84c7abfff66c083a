import type { JSX } from "preact";
import { CopyButton } from "./copy-button.tsx";

/** A command somebody is to run in a terminal, ready to be copied. */
export function Command({ text }: { text: string }): JSX.Element {
  return (
    <span class="command">
      <code tabIndex={0}>{text}</code>
      <CopyButton text={text} />
    </span>
  );
}
