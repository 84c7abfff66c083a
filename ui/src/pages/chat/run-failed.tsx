import type { JSX } from "preact";
import { Detail } from "../../components/detail.tsx";
import { saidTrouble } from "../../i18n/said/index.ts";
import { t } from "./chat-text.ts";
import type { RunFailure } from "./wire.ts";

/** Why an answer did not come. `alert`: it has just happened. */
export function RunFailed({ failure, alert = false }: { failure: RunFailure; alert?: boolean }): JSX.Element {
  const said = saidTrouble(failure);
  return (
    <div class="failure" role={alert ? "alert" : undefined}>
      <p>{said.text || t("runFailed")}</p>
      <Detail said={said} />
    </div>
  );
}
