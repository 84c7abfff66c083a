import type { JSX } from "preact";
import type { Said } from "../i18n/said/index.ts";

/** The gateway's own sentence below one of the page, for what only it says: names, paths, numbers. */
export function Detail({ said }: { said: Pick<Said, "detail"> }): JSX.Element | null {
  return said.detail === null ? null : (
    <p class="soft detail" lang="en">
      {said.detail}
    </p>
  );
}
