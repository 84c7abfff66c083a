import type { JSX } from "preact";
import { Icon } from "./icon.tsx";

/** Says in one line that there is nothing to do. */
export function AllWell({ text }: { text: string }): JSX.Element {
  return (
    <h2 class="all-well">
      <span class="all-well-mark">
        <Icon name="check" />
      </span>
      {text}
    </h2>
  );
}
