import type { JSX } from "preact";
import { format } from "../../i18n/index.ts";
import { nameOf, type PendingDevice } from "./devices-api.ts";
import { t } from "./devices-text.ts";
import { Scopes } from "./scopes.tsx";

/** Devices that ask to be let in, with what they would get. */
export function PendingList({
  devices,
  onAnswer,
}: {
  devices: readonly PendingDevice[];
  onAnswer: (device: PendingDevice, answer: "approve" | "reject") => void;
}): JSX.Element {
  return (
    <section class="card" aria-live="polite">
      <h2>{t("pending")}</h2>
      {devices.length === 0 ? <p class="soft">{t("nobody")}</p> : null}
      <ul class="rows">
        {devices.map((each) => (
          <li key={each.requestId}>
            <div>
              <strong>{nameOf(each)}</strong>{" "}
              <span class="soft">
                {[each.platform, each.remoteIp, format.ago(each.ts)].filter(Boolean).join(" · ")}
              </span>
              <p>
                {t("wants", { role: each.role })}
                {each.isRepair ? ` ${t("again")}` : ""}
              </p>
              <Scopes role={each.role} scopes={each.scopes} />
            </div>
            <div class="row">
              <button type="button" class="primary" onClick={() => onAnswer(each, "approve")}>
                {t("approve")}
              </button>
              <button type="button" class="danger" onClick={() => onAnswer(each, "reject")}>
                {t("reject")}
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
