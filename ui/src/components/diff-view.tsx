import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { lineDiff } from "../pages/config/line-diff.ts";

/** Lines that went and came, between those that stayed. */
export function DiffView({ before, after }: { before: string; after: string }): JSX.Element {
  const lines = useMemo(() => lineDiff(before, after), [before, after]);
  return (
    <pre class="diff" tabIndex={0}>
      {lines.map((line, index) => (
        <span key={index} class={line.kind}>
          {line.kind === "new" ? "+ " : line.kind === "gone" ? "- " : "  "}
          {line.text}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}
